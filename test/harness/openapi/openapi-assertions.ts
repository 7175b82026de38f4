import fs from 'node:fs';
import { join } from 'node:path';
import type { DocumentedResponse } from './api-document.ts';
import { headersOf, isDocumentedPath, operationAt, responseOf } from './api-document.ts';
import { violationsIn, problemSchema } from './document-schemas.ts';

/** A request and its response. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The Accept header of the request. */
  readonly accept?: string | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or undefined. */
  readonly body: unknown;
  /** Undefined for a stream, which is not read to its end. */
  readonly text: string | undefined;
}

/** Routes that features of the tests add to the service; the document does not contain them. */
const ofTests = /^\/v1\/things(\/|\?|$)/;

/** Statuses that are returned before an operation is reached; the document declares them once for all operations. */
const beforeOperations = [408, 417, 431];

/**
 * Headers of every response: of HTTP servers, of security-headers.ts and of CORS, without those of preflight responses.
 */
const everywhere =
  /^(date|connection|keep-alive|transfer-encoding|content-(type|length|security-policy)|cache-control|vary|server-timing|strict-transport-security|referrer-policy|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection|accel-buffering)|cross-origin-resource-policy|access-control-(allow-credentials|expose-headers))$/;

/**
 * Throws when a response differs from the document in status, media type, headers or body. Records the operation and
 * the status, of which the whole suite has to receive a minimum share.
 */
export function assertMatchesOpenApi(exchange: Exchange): void {
  const violations = openApiViolations(exchange);
  if (violations.length === 0) return;
  const { method, target, status, text = '' } = exchange;
  const summary = `${method} ${target.slice(0, 200)} → ${status} ${text.slice(0, 2000)}`;
  throw new Error(`Undocumented response:\n  ${summary}\n  ${violations.join('\n  ')}`);
}

/** Describes the differences between this response and the document. */
export function openApiViolations(exchange: Exchange): string[] {
  const { method, target, status } = exchange;
  // Responses of CORS.
  if (method === 'OPTIONS' || ofTests.test(target)) return [];
  // The response of GET without its body.
  const operation = operationAt(method === 'HEAD' ? 'GET' : method, target);
  if (operation === undefined) return aboutOthers(exchange);
  const response = responseOf(operation, status);
  if (response === undefined) {
    return beforeOperations.includes(status)
      ? aboutProblem(exchange)
      : [`${operation.operationId} has no status ${status}`];
  }
  if (method !== 'HEAD') record(operation.operationId, status);
  const aboutContent = isPage(exchange) && status >= 400 ? aboutProblem(exchange) : aboutBody(exchange, response);
  return [...aboutContent, ...aboutHeaders(exchange, response)];
}

/** Pages, the document itself and unknown paths; below /v1 every response is a failure. */
function aboutOthers(exchange: Exchange): string[] {
  const { target, status } = exchange;
  const mustFail = isDocumentedPath(target) || target.startsWith('/v1/');
  if (status < 400) return mustFail ? ['the document has no operation with this path and method'] : [];
  return aboutProblem(exchange);
}

function isPage({ headers }: Exchange): boolean {
  return headers['content-type'] === 'text/html; charset=utf-8';
}

/** Problem details, or a page for a client that accepts HTML: the document declares that once for all operations. */
function aboutProblem(exchange: Exchange): string[] {
  const { accept = '', method, headers, body, text } = exchange;
  const type = headers['content-type'] ?? '';
  if (isPage(exchange)) return /text\/(html|\*)/i.test(accept) ? [] : ['an HTML page without Accept: text/html'];
  if (method === 'HEAD') return text === '' ? [] : ['a response to HEAD must not have a body'];
  return type === 'application/problem+json' ? violationsIn(body, problemSchema) : [`a failure must not be ${type}`];
}

function aboutBody({ method, headers, body, text, status }: Exchange, { content = {} }: DocumentedResponse): string[] {
  const type = headers['content-type']?.split(';')[0] ?? '';
  if (Object.keys(content).length === 0)
    return text === '' && type === '' ? [] : [`there must be no body, not ${type}`];
  const documented = content[type] ?? content['*/*'];
  if (documented === undefined) return [`the media type ${type} is none of ${Object.keys(content).join(', ')}`];
  if (method === 'HEAD') return text === '' ? [] : ['a response to HEAD must not have a body'];
  if (!/json$/.test(type) || content[type] === undefined) return [];
  const violations = violationsIn(body, documented.schema);
  return status < 400 ? violations : [...violations, ...aboutType(body, documented.examples ?? {})];
}

/** The document has an example of each kind of problem of a status. */
function aboutType(body: unknown, examples: object): string[] {
  const { type } = body as { type?: string };
  const slugs = Object.keys(examples);
  return slugs.some((slug) => type === `/problems/${slug}`) ? [] : [`${type ?? ''} is none of ${slugs.join(', ')}`];
}

function aboutHeaders({ headers: sent }: Exchange, response: DocumentedResponse): string[] {
  const documented = headersOf(response);
  const missing = [...documented].filter(([name, { required }]) => required === true && sent[name] === undefined);
  const unknown = Object.keys(sent).filter((name) => !documented.has(name) && !everywhere.test(name));
  const wrong = [...documented].flatMap(([name, { schema }]) =>
    sent[name] === undefined ? [] : violationsIn(sent[name], schema).map((violation) => `${name}: ${violation}`),
  );
  return [
    ...missing.map(([name]) => `the header ${name} is missing`),
    ...unknown.map((name) => `the header ${name} is undocumented`),
    ...wrong,
  ];
}

const recorded = new Set<string>();

/** Appends one line per pair to a file of this worker; response-coverage-reporter.js reads all files. */
function record(operationId: string, status: number): void {
  // global-setup.ts creates it.
  const folder = process.env['TEST_RESPONSE_COVERAGE'];
  const pair = `${operationId} ${status}`;
  if (folder === undefined || recorded.has(pair)) return;
  recorded.add(pair);
  fs.appendFileSync(join(folder, String(process.pid)), `${pair}\n`);
}
