import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestContext } from '../../logging/request-context.ts';
import { runInRequest } from '../../logging/request-context.ts';
import { answerNotModified } from '../concurrency/not-modified.ts';
import {
  ExpectationFailed,
  MediaTypeUnsupported,
  MethodNotAllowed,
  RequestMalformed,
  TargetTooLong,
} from '../problem/edge.errors.ts';
import { bareReply, writeBareReply } from './bare-reply.ts';
import { keepBodyBytes } from './body-bytes.ts';
import { clientAddress } from './client-address.ts';
import type { AllowedMethods } from './allowed-methods.ts';
import { drainConnections } from './connection-draining.ts';
import type { Draining } from './draining.ts';
import { bodyLimit } from './fastify-adapter.ts';
import { requestIdOf } from './request-id.ts';
import { isReadableTarget } from './request-target.ts';
import { securityHeaders } from './security-headers.ts';
import { parseStrictJson } from './strict-json.ts';

const maxTargetBytes = 4096;
const maxParameterLength = 256;
const form = 'application/x-www-form-urlencoded';

const contexts = new WeakMap<FastifyRequest, RequestContext>();

/** The context of a request that has passed the edge, for hooks that run outside of its asynchronous flow. */
export function contextOf(request: FastifyRequest): RequestContext {
  return contexts.get(request) ?? describe(request);
}

/** What every request passes before Nest sees it: context, headers, body. What refuses is refuseUnreadable(). */
export function installEdge(server: FastifyInstance, state: { methods: AllowedMethods; draining: Draining }): void {
  const { methods, draining } = state;
  server.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) methods.add(method, route.url);
    // Nest's answers only for routes that come behind it: those of CORS and of the docs do not.
    route.errorHandler ??= function (this: FastifyInstance, error, request, reply) {
      server.errorHandler.call(this, error, request, reply);
    };
  });

  server.addHook('onRequest', (request, reply, done) => {
    const context = describe(request);
    contexts.set(request, context);
    runInRequest(context, () => {
      void reply.headers(securityHeaders(request.routeOptions.url)).header('x-request-id', request.id);
      done();
    });
  });

  // The body's events come from another asynchronous context: enter the request's again behind the parser.
  server.addHook('preValidation', (request, _reply, done) => {
    runInRequest(contextOf(request), done);
  });

  answerNotModified(server);

  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, (request, body, done) => {
    try {
      refuseCoding(request.headers['content-encoding']);
      refuseCharset(request.headers['content-type']);
      const bytes = Buffer.from(body);
      if (request.headers['idempotency-key'] !== undefined) keepBodyBytes(request, bytes);
      done(null, parseStrictJson(bytes));
    } catch (error) {
      done(error as Error);
    }
  });

  server.addContentTypeParser(form, { parseAs: 'string', bodyLimit }, (request, body, done) => {
    // Only the built-in pages send forms; the API speaks JSON.
    if (request.routeOptions.url?.startsWith('/account/'))
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    else done(new MediaTypeUnsupported());
  });

  drainConnections(server, draining);

  // Node would answer an unknown Expect header with an empty 417.
  server.server.on('checkExpectation', (...exchange) => server.server.emit('request', ...exchange));
  // Node hangs up on CONNECT without a word.
  server.server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    writeBareReply(socket, bareReply(new MethodNotAllowed({ headers: { Allow: '' } }), requestIdOf(request)));
  });
}

function describe(request: FastifyRequest): RequestContext {
  const { 'user-agent': userAgent, traceparent } = request.headers;
  return {
    requestId: request.id,
    ip: clientAddress(request),
    userAgent: userAgent?.slice(0, 256),
    traceparent: isTraceparent(traceparent) ? traceparent : undefined,
  };
}

/** Refuses what could be read in two ways, or not at all. Behind limitAddresses(), so that it is counted. */
export function refuseUnreadable(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    refuse(request);
    done();
  });
}

function refuse(request: FastifyRequest): void {
  const { httpVersion, rawHeaders } = request.raw;
  const url = request.originalUrl;
  if (url.length > maxTargetBytes || (!request.is404 && hasLongParameter(request.params))) throw new TargetTooLong();
  if (!isReadableTarget(url)) throw new RequestMalformed({ detail: 'The request target can not be read.' });
  const repeated = repeatedHeader(rawHeaders);
  if (repeated !== undefined) throw new RequestMalformed({ detail: `The header ${repeated} stands twice.` });
  if (request.headers.host === undefined && httpVersion !== '1.0') {
    throw new RequestMalformed({ detail: 'The Host header is missing.' });
  }
  const { expect } = request.headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    // Nobody knows whether the body will still come.
    throw new ExpectationFailed({ headers: { Connection: 'close' } });
  }
}

function hasLongParameter(params: unknown): boolean {
  return Object.values(params as Record<string, string>).some((value) => value.length > maxParameterLength);
}

/** Node keeps the first of these and drops the others: two parties could read two different requests. */
const singular = new Set(['authorization', 'content-type', 'host']);

function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!singular.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** Bodies are read as they come: a compressed one would be taken for broken JSON (RFC 9110 §8.4). */
function refuseCoding(coding: string | undefined): void {
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new MediaTypeUnsupported({ detail: 'Compressed bodies are not read.' });
  }
}

/** JSON is UTF-8 (RFC 8259 §8.1); a charset parameter may say so and nothing else. */
function refuseCharset(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^";]*)/i.exec(contentType ?? '')?.[1];
  if (charset !== undefined && charset.trim().toLowerCase() !== 'utf-8') {
    throw new MediaTypeUnsupported({ detail: 'JSON is read as UTF-8 only.' });
  }
}

/** W3C Trace Context, version 00. */
function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value);
}
