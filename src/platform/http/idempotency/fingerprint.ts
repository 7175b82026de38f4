import { createHash, hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** The parts of a request that its repetition must match. */
export interface RequestIdentity {
  readonly method: string;
  /** The route pattern: `/v1/users/:id`. */
  readonly route: string;
  readonly parameters: unknown;
  readonly query: unknown;
  readonly contentType: string | undefined;
  /** The parsed body; undefined without one. */
  readonly body: unknown;
  /** The received bytes of the body. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * The SHA-256 of a request. Bodies match when their canonical forms are equal; bodies without a canonical form when
 * their bytes are equal.
 */
export function fingerprintOf(request: RequestIdentity): Buffer {
  const { method, route, parameters, query, body, bytes = new Uint8Array() } = request;
  // The media type of an empty body has no meaning.
  const contentType = body === undefined && bytes.length === 0 ? '' : (request.contentType ?? '');
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const canonical = body === undefined ? undefined : canonicalJson(body);
  const head = [method, route, canonicalJson(parameters), canonicalJson(query), mediaType, canonical !== undefined];
  const prefix = `${JSON.stringify(head)}\n`;
  if (canonical !== undefined) return hash('sha256', prefix + canonical, 'buffer');
  return createHash('sha256').update(prefix).update(bytes).digest();
}
