import fs from 'node:fs';
import { join } from 'node:path';
import type { DocumentedResponse } from './api-document.ts';
import { headersOf, isDocumentedPath, operationAt, responseOf } from './api-document.ts';
import { mistakesIn, problemSchema } from './document-schemas.ts';

/** A request and its reply. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** What the request said of the media types that it takes. */
  readonly accept?: string | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or undefined. */
  readonly body: unknown;
  /** Undefined when it is a stream that nobody reads to its end. */
  readonly text: string | undefined;
}

/** Routes that features of the tests add to the service: the document is not about them. */
const ofTests = /^\/v1\/things(\/|\?|$)/;

/** Answered before an operation is reached, whose path is known: the document tells of these once, for all. */
const beforeOperations = [408, 417, 431];

/** What every server sends, what shields every reply (security-headers.ts), and CORS but for its one answer. */
const everywhere =
  /^(date|connection|keep-alive|transfer-encoding|content-(type|length|security-policy)|cache-control|vary|server-timing|strict-transport-security|referrer-policy|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection|accel-buffering)|cross-origin-resource-policy|access-control-(allow-credentials|expose-headers))$/;

/**
 * Throws when the service answers anything that the document does not say: status, media type, headers or body. Notes
 * the operation and the status as seen, for the share that the whole suite has to see.
 */
export function judge(exchange: Exchange): void {
  const complaints = complaintsAbout(exchange);
  if (complaints.length === 0) return;
  const { method, target, status, text = '' } = exchange;
  const said = `${method} ${target.slice(0, 200)} → ${status} ${text.slice(0, 2000)}`;
  throw new Error(`The document does not say this reply:\n  ${said}\n  ${complaints.join('\n  ')}`);
}

/** What the document does not say of this reply, in words; nothing when it is as documented. */
export function complaintsAbout(exchange: Exchange): string[] {
  const { method, target, status } = exchange;
  // Answered by CORS.
  if (method === 'OPTIONS' || ofTests.test(target)) return [];
  // Answered as the GET is, without its body.
  const operation = operationAt(method === 'HEAD' ? 'GET' : method, target);
  if (operation === undefined) return aboutOthers(exchange);
  const response = responseOf(operation, status);
  if (response === undefined) {
    return beforeOperations.includes(status)
      ? aboutProblem(exchange)
      : [`${operation.operationId} has no status ${status}`];
  }
  if (method !== 'HEAD') note(operation.operationId, status);
  const aboutContent = isPage(exchange) && status >= 400 ? aboutProblem(exchange) : aboutBody(exchange, response);
  return [...aboutContent, ...aboutHeaders(exchange, response)];
}

/** Pages, the document itself, and what is nowhere: under /v1 that can only fail. */
function aboutOthers(exchange: Exchange): string[] {
  const { target, status } = exchange;
  const mustFail = isDocumentedPath(target) || target.startsWith('/v1/');
  if (status < 400) return mustFail ? ['no operation of the document is here'] : [];
  return aboutProblem(exchange);
}

function isPage({ headers }: Exchange): boolean {
  return headers['content-type'] === 'text/html; charset=utf-8';
}

/** Problem details; a page only for a client that has named HTML: the document tells that once for all operations. */
function aboutProblem(exchange: Exchange): string[] {
  const { accept = '', method, headers, body, text } = exchange;
  const type = headers['content-type'] ?? '';
  if (isPage(exchange)) return /text\/(html|\*)/i.test(accept) ? [] : ['a page that was not asked for'];
  if (method === 'HEAD') return text === '' ? [] : ['a HEAD must not be answered with a body'];
  return type === 'application/problem+json' ? mistakesIn(body, problemSchema) : [`a failure must not be ${type}`];
}

function aboutBody({ method, headers, body, text, status }: Exchange, { content = {} }: DocumentedResponse): string[] {
  const type = headers['content-type']?.split(';')[0] ?? '';
  if (Object.keys(content).length === 0)
    return text === '' && type === '' ? [] : [`there must be no body, not ${type}`];
  const documented = content[type] ?? content['*/*'];
  if (documented === undefined) return [`the media type ${type} is none of ${Object.keys(content).join(', ')}`];
  if (method === 'HEAD') return text === '' ? [] : ['a HEAD must not be answered with a body'];
  if (!/json$/.test(type) || content[type] === undefined) return [];
  const mistakes = mistakesIn(body, documented.schema);
  return status < 400 ? mistakes : [...mistakes, ...aboutType(body, documented.examples ?? {})];
}

/** The document shows an example of each kind of problem that a status stands for. */
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
    sent[name] === undefined ? [] : mistakesIn(sent[name], schema).map((mistake) => `${name}: ${mistake}`),
  );
  return [
    ...missing.map(([name]) => `the header ${name} is missing`),
    ...unknown.map((name) => `the header ${name} is undocumented`),
    ...wrong,
  ];
}

const noted = new Set<string>();

/** One line per pair, in a file of this worker's own; document-reporter.js reads them all. */
function note(operationId: string, status: number): void {
  // As global-setup.ts has left it.
  const folder = process.env['TEST_DOCUMENT_SEEN'];
  const pair = `${operationId} ${status}`;
  if (folder === undefined || noted.has(pair)) return;
  noted.add(pair);
  fs.appendFileSync(join(folder, String(process.pid)), `${pair}\n`);
}
