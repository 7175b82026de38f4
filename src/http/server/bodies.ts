import type { FastifyInstance, FastifyRequest } from 'fastify';
import { MediaTypeUnsupported } from '../problem/edge.errors.ts';
import { keepBodyBytes } from './body-bytes.ts';
import { bodyLimit } from './fastify-adapter.ts';
import { parseStrictJson } from './strict-json.ts';

const form = 'application/x-www-form-urlencoded';

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Reads bodies: JSON, and forms on the built-in pages. An empty body is none, whatever type and charset it is said to
 * have: clients and proxies name one also where they send nothing. What needs a body refuses that behind the guards.
 */
export function readBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addHook('onRequest', (request, _reply, done) => {
    // A type that is none, such as an empty header, Fastify refuses before it looks for a body. A form may have no fields.
    if (hasNoBody(request) && !isPage(request)) delete request.raw.headers['content-type'];
    done();
  });
  server.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, (request, body, done) => {
    try {
      done(null, body.length === 0 ? undefined : jsonOf(request, Buffer.from(body)));
    } catch (error) {
      done(error as Error);
    }
  });
  server.addContentTypeParser(form, { parseAs: 'string', bodyLimit }, (request, body, done) => {
    const text = String(body);
    // Only the built-in pages are sent forms; the API speaks JSON.
    if (isPage(request)) done(null, Object.fromEntries(new URLSearchParams(text)));
    else if (text === '') done(null, undefined);
    else done(new MediaTypeUnsupported());
  });
  server.addContentTypeParser('*', (request, payload, done) => {
    // Where nothing is, that is what the client is to be told.
    if (request.is404) done(null, undefined);
    else refuseUnlessEmpty(payload, done);
  });
}

/** As the head of the request tells; what comes in chunks may be empty as well. */
function hasNoBody({ raw: { headers } }: FastifyRequest): boolean {
  return (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined;
}

function isPage(request: FastifyRequest): boolean {
  return request.routeOptions.url?.startsWith('/account/') === true;
}

function jsonOf(request: FastifyRequest, bytes: Buffer): unknown {
  refuseCoding(request.headers['content-encoding']);
  refuseCharset(request.headers['content-type']);
  if (request.headers['idempotency-key'] !== undefined) keepBodyBytes(request, bytes);
  return parseStrictJson(bytes);
}

/** Waits for the first bytes, or for the end without any; what follows is not kept. */
function refuseUnlessEmpty(payload: NodeJS.ReadableStream, done: Done): void {
  const settle = (error: Error | null): void => {
    payload.off('data', refuse).off('end', pass).off('error', settle);
    done(error, undefined);
  };
  const refuse = (): void => {
    settle(new MediaTypeUnsupported());
  };
  const pass = (): void => {
    settle(null);
  };
  payload.on('data', refuse).on('end', pass).on('error', settle);
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
