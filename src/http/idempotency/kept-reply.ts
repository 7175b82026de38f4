import { StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { dataHeaders } from '../server/security-headers.ts';

/** What a repeated request is answered. */
export interface KeptReply {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null when there is none, or it was omitted. */
  readonly body: Uint8Array | null;
  readonly omitted: boolean;
}

/** A larger body is sent, and not kept. */
const maxBytes = 64 * 1024;

/** All that is kept of the headers: nothing of the connection, the moment, the request or a session. */
const keptHeaders = ['cache-control', 'content-type', 'etag', 'link', 'location', 'retry-after'];

const json = 'application/json; charset=utf-8';
const text = 'text/plain; charset=utf-8';
const encodedTexts = new Set([json, text]);

/** The reply as it is about to be sent, with these bytes for a body. */
export function keptReply(reply: FastifyReply, bytes: Uint8Array | undefined): KeptReply {
  const headers = keptHeaders.map((name) => [name, said(reply, name)] as const);
  const omitted = bytes !== undefined && bytes.length > maxBytes;
  return {
    status: reply.statusCode,
    headers: Object.fromEntries(headers.filter(([, value]) => value !== undefined).map(([n, v]) => [n, String(v)])),
    body: omitted ? null : (bytes ?? null),
    omitted,
  };
}

/** Makes the reply what the first request was answered; returns its body. */
export function replay(reply: FastifyReply, { status, headers, body, omitted }: KeptReply): Uint8Array | undefined {
  void reply.status(status).headers(headers).header('Idempotency-Replayed', 'true');
  if (!omitted) return body ?? undefined;
  void reply.header('content-type', json).header('Idempotency-Omitted', 'true');
  const { location } = headers;
  return Buffer.from(
    JSON.stringify({ omitted: true, detail: 'The first reply was larger than 64 KiB.', location: location ?? null }),
  );
}

/** A header that is not what every reply says anyway. */
function said(reply: FastifyReply, name: string): ReturnType<FastifyReply['getHeader']> {
  const value = reply.getHeader(name);
  return value === dataHeaders[name] ? undefined : value;
}

/** What a handler returned, as the bytes that are sent, under the media type that they would get from Fastify. */
export function replyBytes(reply: FastifyReply, value: unknown): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  if (isStream(value))
    throw new Error('A stream can not be answered under an Idempotency-Key: @IgnoresIdempotencyKey()');
  if (value instanceof Uint8Array) return typed(reply, 'application/octet-stream', Buffer.from(value));
  if (typeof value === 'string') return typed(reply, text, Buffer.from(value));
  return typed(reply, json, Buffer.from(JSON.stringify(value)));
}

/**
 * The same body as it is sent best: node writes a text in one piece with the headers, and bytes in a piece of their own.
 * What is JSON or a text here was encoded from well-formed UTF-16, so that its bytes stay as they are.
 */
export function sendable(reply: FastifyReply, bytes: Uint8Array | undefined): Uint8Array | string | undefined {
  if (bytes === undefined || !encodedTexts.has(String(reply.getHeader('content-type')))) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** Remembers status and headers; the returned function brings them back, as often as it is called. */
export function replyCheckpoint(reply: FastifyReply): () => void {
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
