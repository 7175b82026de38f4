import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import { UnsupportedMediaType } from '../problem/http.errors.ts';
import { limitBodyTime } from './body-timeout.ts';
import { bodyLimit } from './fastify-adapter.ts';
import { patternOf } from './request-target.ts';
import { StreamedBody, streamedContentOf } from './streamed-body.ts';
import { parseStrictJson } from './strict-json.ts';

const form = 'application/x-www-form-urlencoded';

/** The bytes of the bodies of requests with an idempotency key. */
const rawBodies = new WeakMap<FastifyRequest, Uint8Array>();

type Done = (error: Error | null, body?: unknown) => void;

/**
 * Registers the body parsers: JSON, forms on the hosted pages and for logout notifications, and what a route reads as a
 * stream. An empty body counts as no body whatever its Content-Type is, because clients and proxies also send one without
 * a body. The validation pipe refuses a missing body.
 */
export function registerBodyParsers(server: FastifyInstance, links: Links): void {
  server.removeAllContentTypeParsers();
  server.addHook('onRequest', (request, reply, done) => {
    if (!hasNoBody(request)) limitBodyTime(request, reply, links);
    // Fastify refuses an invalid Content-Type before it checks for a body. A form may have no fields.
    else if (!isPage(request)) delete request.raw.headers['content-type'];
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
    // Only the hosted pages and logout notifications of providers accept forms.
    if (isPage(request)) done(null, Object.fromEntries(new URLSearchParams(text)));
    else if (isLogoutNotification(request)) done(null, logoutTokenIn(text));
    else if (text === '') done(null, undefined);
    else done(new UnsupportedMediaType());
  });
  server.addContentTypeParser('*', (request, payload, done) => {
    // An unknown path is 404 whatever the media type of the body.
    if (request.is404) done(null, undefined);
    else if (isStreamed(request)) done(null, streamedBodyOf(request, payload));
    else rejectUnlessEmpty(payload, done);
  });
}

/** The bytes of the body, for the idempotency fingerprint. */
export function rawBodyOf(request: FastifyRequest): Uint8Array | undefined {
  return rawBodies.get(request);
}

/** By the request headers; a chunked body can be empty as well. */
function hasNoBody({ raw: { headers } }: FastifyRequest): boolean {
  return (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined;
}

function isPage(request: FastifyRequest): boolean {
  return patternOf(request)?.startsWith('/account/') === true;
}

function isLogoutNotification(request: FastifyRequest): boolean {
  return patternOf(request)?.endsWith('/backchannel-logout') === true;
}

/** Other fields must be ignored (OpenID Connect Back-Channel Logout 2.5). */
function logoutTokenIn(text: string): unknown {
  const token = new URLSearchParams(text).get('logout_token');
  return token === null ? undefined : { logout_token: token };
}

function jsonOf(request: FastifyRequest, bytes: Buffer): unknown {
  if (streamedContentOf(request) !== undefined) throw new UnsupportedMediaType();
  rejectContentCoding(request.headers['content-encoding']);
  rejectCharset(request.headers['content-type']);
  if (request.headers['idempotency-key'] !== undefined) rawBodies.set(request, bytes);
  return parseStrictJson(bytes);
}

/** Whether the content has the media type that its route reads as a stream. */
function isStreamed(request: FastifyRequest): boolean {
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  return mediaType !== undefined && mediaType === streamedContentOf(request)?.mediaType;
}

function streamedBodyOf(request: FastifyRequest, payload: Readable): StreamedBody {
  rejectContentCoding(request.headers['content-encoding']);
  rejectCharset(request.headers['content-type']);
  return new StreamedBody(payload, request.headers, streamedContentOf(request));
}

/** Waits for the first bytes or the end of the body; the bytes are discarded. */
function rejectUnlessEmpty(payload: NodeJS.ReadableStream, done: Done): void {
  const settle = (error: Error | null): void => {
    payload.off('data', reject).off('end', pass).off('error', settle);
    done(error, undefined);
  };
  const reject = (): void => {
    settle(new UnsupportedMediaType());
  };
  const pass = (): void => {
    settle(null);
  };
  payload.on('data', reject).on('end', pass).on('error', settle);
}

/** Request bodies are not decompressed: a compressed one would be reported as malformed JSON (RFC 9110 §8.4). */
function rejectContentCoding(coding: string | undefined): void {
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new UnsupportedMediaType({ detail: 'Compressed request bodies are not supported.' });
  }
}

/** JSON is UTF-8 (RFC 8259 §8.1), and so is what a route reads as a stream. */
function rejectCharset(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^";]*)/i.exec(contentType ?? '')?.[1];
  if (charset !== undefined && charset.trim().toLowerCase() !== 'utf-8') {
    throw new UnsupportedMediaType({ detail: 'The charset must be UTF-8.' });
  }
}
