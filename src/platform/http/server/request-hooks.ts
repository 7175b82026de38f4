import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import type { RequestContext } from '../../logging/request-context.ts';
import { currentRequest, runInRequest } from '../../logging/request-context.ts';
import { traceparentOf } from '../../telemetry/tracing.ts';
import { registerNotModified } from '../conditional/not-modified.ts';
import { ExpectationFailed, MethodNotAllowed, BadRequest, UriTooLong } from '../problem/http.errors.ts';
import { rawResponse, writeRawResponse } from './raw-response.ts';
import { registerBodyParsers } from './body-parsers.ts';
import { clientIp } from './client-ip.ts';
import type { AllowedMethods } from './allowed-methods.ts';
import { drainConnections } from './connection-draining.ts';
import type { ShutdownState } from './shutdown-state.ts';
import { requestIdOf } from './request-id.ts';
import { startRequestSpan } from './request-span.ts';
import { isValidRequestTarget, patternOf } from './request-target.ts';
import { securityHeaders } from './security-headers.ts';

const maxTargetBytes = 4096;
const maxParameterLength = 256;

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until the first hook has run. */
    requestContext: RequestContext | null;
  }
}

/** The context of a request, for hooks that run outside its asynchronous context. */
export function contextOf(request: FastifyRequest): RequestContext {
  return (request.requestContext ??= createContext(request));
}

interface HookDependencies {
  readonly methods: AllowedMethods;
  readonly shutdown: ShutdownState;
  readonly links: Links;
}

/**
 * Registers what runs for every request before Nest: request context, security headers, body parsers, conditional
 * responses and connection draining. rejectMalformedRequests() is registered later, after the rate limit.
 */
export function registerRequestHooks(server: FastifyInstance, { methods, shutdown, links }: HookDependencies): void {
  server.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) methods.add(method, route.url);
    // Nest's error handler does not cover routes that were registered before it: CORS and docs.
    route.errorHandler ??= function (this: FastifyInstance, error, request, reply) {
      server.errorHandler.call(this, error, request, reply);
    };
  });

  server.decorateRequest('requestContext', null);
  server.decorateRequest('matchedPattern', null);
  server.addHook('onRequest', (request, reply, done) => {
    runInRequest(contextOf(request), () => {
      void reply.headers(securityHeaders(patternOf(request))).header('x-request-id', request.id);
      done();
    });
  });

  // The events of a body run in another asynchronous context: enter the context of the request again.
  server.addHook('preValidation', (request, _reply, done) => {
    const context = contextOf(request);
    if (currentRequest() === context) done();
    else runInRequest(context, done);
  });

  registerNotModified(server);

  registerBodyParsers(server, links);

  drainConnections(server, shutdown);

  // Node would respond to an unknown Expect header with an empty 417.
  server.server.on('checkExpectation', (...exchange) => server.server.emit('request', ...exchange));
  // Node would close the connection of a CONNECT without a response.
  server.server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    const problem = new MethodNotAllowed({ headers: { Allow: '' } });
    writeRawResponse(socket, rawResponse(problem, requestIdOf(request), links));
  });
}

function createContext(request: FastifyRequest): RequestContext {
  const { 'accept-language': acceptLanguage, 'user-agent': userAgent, traceparent } = request.headers;
  const received = isTraceparent(traceparent) ? traceparent : undefined;
  const span = startRequestSpan(request, received);
  return {
    requestId: request.id,
    ip: clientIp(request),
    userAgent: userAgent?.slice(0, 256),
    acceptLanguage,
    traceparent: span === undefined ? received : traceparentOf(span),
    span,
  };
}

/** Rejects ambiguous and malformed requests. Registered after the IP rate limit, which counts them. */
export function rejectMalformedRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    reject(request);
    done();
  });
}

function reject(request: FastifyRequest): void {
  const { httpVersion, rawHeaders } = request.raw;
  const url = request.originalUrl;
  if (url.length > maxTargetBytes || (!request.is404 && hasLongParameter(request.params))) throw new UriTooLong();
  if (!isValidRequestTarget(url)) throw new BadRequest({ detail: 'The request target is malformed.' });
  const duplicate = duplicateHeader(rawHeaders);
  if (duplicate !== undefined) throw new BadRequest({ detail: `Duplicate header: ${duplicate}.` });
  if (request.headers.host === undefined && httpVersion !== '1.0') {
    throw new BadRequest({ detail: 'The Host header is missing.' });
  }
  const { expect } = request.headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    // The client may or may not send the body: the connection cannot be reused.
    throw new ExpectationFailed({ headers: { Connection: 'close' } });
  }
}

function hasLongParameter(params: unknown): boolean {
  return Object.values(params as Record<string, string>).some((value) => value.length > maxParameterLength);
}

/** Node keeps the first of these and drops the others: a proxy could use another one (request smuggling). */
const singular = new Set(['authorization', 'content-type', 'host']);

function duplicateHeader(rawHeaders: readonly string[]): string | undefined {
  const seen: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!singular.has(name)) continue;
    if (seen.includes(name)) return name;
    seen.push(name);
  }
  return undefined;
}

/** W3C Trace Context, version 00. */
function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value);
}
