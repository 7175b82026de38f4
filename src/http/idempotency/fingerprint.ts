import { createHash, hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** What makes two requests the same. */
export interface AskedFor {
  readonly method: string;
  /** The pattern of the path: `/v1/users/:id`. */
  readonly route: string;
  readonly parameters: unknown;
  readonly query: unknown;
  readonly contentType: string | undefined;
  /** As parsed; undefined without one. */
  readonly body: unknown;
  /** As received. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * The SHA-256 of a request. Bodies are the same when their bytes are, or their canonical forms; those that have none
 * by their bytes alone.
 */
export function fingerprintOf(asked: AskedFor): Buffer {
  const { method, route, parameters, query, body, bytes = new Uint8Array() } = asked;
  // An empty body is none, whatever type it is said to have.
  const contentType = body === undefined && bytes.length === 0 ? '' : (asked.contentType ?? '');
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const canonical = body === undefined ? undefined : canonicalJson(body);
  const head = [method, route, canonicalJson(parameters), canonicalJson(query), mediaType, canonical !== undefined];
  const named = `${JSON.stringify(head)}\n`;
  if (canonical !== undefined) return hash('sha256', named + canonical, 'buffer');
  return createHash('sha256').update(named).update(bytes).digest();
}
