import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import type { RequestContext } from '../../logging/request-context.ts';
import { runInRequest } from '../../logging/request-context.ts';
import { answerNotModified } from '../concurrency/not-modified.ts';
import { ExpectationFailed, MethodNotAllowed, RequestMalformed, TargetTooLong } from '../problem/edge.errors.ts';
import { bareReply, writeBareReply } from './bare-reply.ts';
import { readBodies } from './bodies.ts';
import { clientAddress } from './client-address.ts';
import type { AllowedMethods } from './allowed-methods.ts';
import { drainConnections } from './connection-draining.ts';
import type { Draining } from './draining.ts';
import { requestIdOf } from './request-id.ts';
import { isReadableTarget } from './request-target.ts';
import { securityHeaders } from './security-headers.ts';

const maxTargetBytes = 4096;
const maxParameterLength = 256;

const contexts = new WeakMap<FastifyRequest, RequestContext>();

/** The context of a request that has passed the edge, for hooks that run outside of its asynchronous flow. */
export function contextOf(request: FastifyRequest): RequestContext {
  return contexts.get(request) ?? describe(request);
}

interface EdgeParts {
  readonly methods: AllowedMethods;
  readonly draining: Draining;
  readonly links: Links;
}

/** What every request passes before Nest sees it: context, headers, body. What refuses is refuseUnreadable(). */
export function installEdge(server: FastifyInstance, { methods, draining, links }: EdgeParts): void {
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

  readBodies(server);

  drainConnections(server, draining);

  // Node would answer an unknown Expect header with an empty 417.
  server.server.on('checkExpectation', (...exchange) => server.server.emit('request', ...exchange));
  // Node hangs up on CONNECT without a word.
  server.server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    const refusal = new MethodNotAllowed({ headers: { Allow: '' } });
    writeBareReply(socket, bareReply(refusal, requestIdOf(request), links));
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

/** W3C Trace Context, version 00. */
function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value);
}
