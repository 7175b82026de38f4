import { StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { dataHeaders } from '../server/security-headers.ts';

/** The response to the first request with a key, which repetitions receive. */
export interface StoredResponse {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null without a body, or when it was omitted. */
  readonly body: Uint8Array | null;
  readonly omitted: boolean;
}

/** A larger body is sent and not stored. */
const maxBytes = 64 * 1024;

/** The stored headers: none that belongs to the connection, the time, the request or a session. */
const storedHeaders = ['cache-control', 'content-type', 'etag', 'link', 'location', 'retry-after'];

const json = 'application/json; charset=utf-8';
const text = 'text/plain; charset=utf-8';
const encodedTexts = new Set([json, text]);

/** The response as it is about to be sent, with these bytes as its body. */
export function toStoredResponse(reply: FastifyReply, bytes: Uint8Array | undefined): StoredResponse {
  const headers = storedHeaders.map((name) => [name, ownHeader(reply, name)] as const);
  const omitted = bytes !== undefined && bytes.length > maxBytes;
  return {
    status: reply.statusCode,
    headers: Object.fromEntries(headers.filter(([, value]) => value !== undefined).map(([n, v]) => [n, String(v)])),
    body: omitted ? null : (bytes ?? null),
    omitted,
  };
}

/** Sets status and headers of the stored response; returns its body. */
export function replay(
  reply: FastifyReply,
  { status, headers, body, omitted }: StoredResponse,
): Uint8Array | undefined {
  void reply.status(status).headers(headers).header('Idempotency-Replayed', 'true');
  if (!omitted) return body ?? undefined;
  void reply.header('content-type', json).header('Idempotency-Omitted', 'true');
  const { location } = headers;
  return Buffer.from(
    JSON.stringify({
      omitted: true,
      detail: 'The body of the first response exceeded 64 KiB.',
      location: location ?? null,
    }),
  );
}

/** The value of a header unless it is the default of every response. */
function ownHeader(reply: FastifyReply, name: string): ReturnType<FastifyReply['getHeader']> {
  const value = reply.getHeader(name);
  return value === dataHeaders[name] ? undefined : value;
}

/** The result of a handler as bytes; sets the media type that Fastify would set. */
export function responseBytes(reply: FastifyReply, value: unknown): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  if (isStream(value))
    throw new Error('A stream cannot be stored for an Idempotency-Key: add @IgnoresIdempotencyKey()');
  if (value instanceof Uint8Array) return typed(reply, 'application/octet-stream', Buffer.from(value));
  if (typeof value === 'string') return typed(reply, text, Buffer.from(value));
  return typed(reply, json, Buffer.from(JSON.stringify(value)));
}

/**
 * The payload for Fastify: text as a string, which Node writes together with the headers in one chunk, anything else as
 * bytes. JSON and text were encoded from well-formed UTF-16, so the conversion does not change the bytes.
 */
export function payloadOf(reply: FastifyReply, bytes: Uint8Array | undefined): Uint8Array | string | undefined {
  if (bytes === undefined || !encodedTexts.has(String(reply.getHeader('content-type')))) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** Saves status and headers; the returned function restores them, as often as it is called. */
export function responseCheckpoint(reply: FastifyReply): () => void {
  const status = reply.statusCode;
  const headers = { ...reply.getHeaders() };
  return () => {
    for (const name of Object.keys(reply.getHeaders())) if (!(name in headers)) void reply.removeHeader(name);
    void reply.status(status).headers(headers);
  };
}

function typed(reply: FastifyReply, mediaType: string, bytes: Uint8Array): Uint8Array {
  if (!reply.hasHeader('content-type')) void reply.header('content-type', mediaType);
  return bytes;
}

function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (
    value instanceof StreamableFile || 'pipe' in value || value instanceof ReadableStream || value instanceof Response
  );
}
