import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { parseDictionary } from 'structured-headers';
import {
  ContentDigestMismatch,
  ContentDigestRequired,
  InvalidContentDigest,
} from '../problem/content-digest.errors.ts';
import { ContentTooLarge } from '../problem/http.errors.ts';

/** What a route reads as a stream; `@StreamsBody` declares it. */
export interface StreamedContent {
  readonly mediaType: string;
  readonly maxBytes: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    streamedContent?: StreamedContent;
  }
}

/** Undefined if the route takes JSON. */
export function streamedContentOf(request: FastifyRequest): StreamedContent | undefined {
  return request.routeOptions.config.streamedContent;
}

const sha256Bytes = 32;

/**
 * The body of a request that its handler reads piece by piece, once. Reading it throws ContentTooLarge as soon as it
 * exceeds the limit of the route, ContentDigestMismatch at its end, and the error of the request when the client closes
 * the connection.
 */
export class StreamedBody implements AsyncIterable<Uint8Array> {
  constructor(
    private readonly payload: Readable,
    private readonly headers: IncomingHttpHeaders,
    private readonly limits: Pick<StreamedContent, 'maxBytes'> | undefined,
  ) {}

  /**
   * The SHA-256 in `Content-Digest`, by which a repetition of the request is recognised.
   * @throws ContentDigestRequired, InvalidContentDigest
   */
  requiredDigest(): Uint8Array {
    const digest = this.digest();
    if (digest === undefined) throw new ContentDigestRequired();
    return digest;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { maxBytes = 0 } = this.limits ?? {};
    const expected = this.digest();
    if (Number(this.headers['content-length'] ?? 0) > maxBytes) throw new ContentTooLarge();
    const hash = createHash('sha256');
    let bytes = 0;
    // Destroying the stream would close the connection before the response is sent.
    const pieces: AsyncIterable<Uint8Array> = this.payload.iterator({ destroyOnReturn: false });
    try {
      for await (const piece of pieces) {
        bytes += piece.length;
        if (bytes > maxBytes) throw new ContentTooLarge();
        if (expected !== undefined) hash.update(piece);
        yield piece;
      }
    } finally {
      // Discards the rest, so that a client that still sends receives the response.
      this.payload.resume();
    }
    if (expected !== undefined && !hash.digest().equals(expected)) throw new ContentDigestMismatch();
  }

  /** @throws InvalidContentDigest */
  private digest(): Uint8Array | undefined {
    const header = this.headers['content-digest'];
    if (header === undefined) return undefined;
    const [value] = dictionaryIn(String(header)).get('sha-256') ?? [];
    if (value === undefined) return undefined;
    if (!(value instanceof ArrayBuffer)) throw new InvalidContentDigest('The value of sha-256 is not a byte sequence.');
    if (value.byteLength !== sha256Bytes)
      throw new InvalidContentDigest('The value of sha-256 does not have 32 bytes.');
    return new Uint8Array(value);
  }
}

function dictionaryIn(header: string): ReturnType<typeof parseDictionary> {
  try {
    return parseDictionary(header);
  } catch {
    throw new InvalidContentDigest('The header is not a dictionary of byte sequences.');
  }
}
