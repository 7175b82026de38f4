import type { KeyObject } from 'node:crypto';
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

/** The start of a page: the sort values of the adjacent row as text, and the direction. */
export interface CursorPosition {
  readonly keys: readonly (string | null)[];
  readonly direction: 'next' | 'prev';
}

const version = 1;
const macBytes = 16;
const cursorMaxLength = 1024;

/**
 * Opaque, tamper-proof cursors: base64url of JSON and its HMAC-SHA-256, bound to `scope` (resource, sort, filters and
 * principal): a cursor is valid only for the list that issued it.
 */
export class CursorCodec {
  /** As bytes it would be imported again for each cursor, which takes longer than the MAC. */
  private readonly keys: readonly [KeyObject, ...KeyObject[]];

  /** The first key signs; cursors of the others are accepted. */
  constructor([first, ...others]: readonly [Uint8Array, ...Uint8Array[]]) {
    this.keys = [createSecretKey(first), ...others.map((key) => createSecretKey(key))];
  }

  encode(position: CursorPosition, scope: string): string {
    const body = Buffer.from(JSON.stringify([version, position.direction, ...position.keys]));
    return Buffer.concat([macOf(this.keys[0], body, scope), body]).toString('base64url');
  }

  /** The position, or undefined when `encode` did not create the cursor for this scope. */
  decode(cursor: string, scope: string): CursorPosition | undefined {
    if (cursor.length > cursorMaxLength || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
    const bytes = Buffer.from(cursor, 'base64url');
    const body = bytes.subarray(macBytes);
    if (bytes.length <= macBytes || bytes.toString('base64url') !== cursor) return undefined;
    const mac = bytes.subarray(0, macBytes);
    if (!this.keys.some((key) => timingSafeEqual(mac, macOf(key, body, scope)))) return undefined;
    return parse(body);
  }
}

function macOf(key: KeyObject, body: Uint8Array, scope: string): Buffer {
  return createHmac('sha256', key).update(scope).update('\0').update(body).digest().subarray(0, macBytes);
}

/** The MAC proves that the body is well-formed; an older release may have written another version. */
function parse(body: Buffer): CursorPosition | undefined {
  const value: unknown = JSON.parse(body.toString('utf8'));
  if (!Array.isArray(value) || value[0] !== version) return undefined;
  const [, direction, ...keys] = value as readonly unknown[];
  return {
    keys: keys.map((key) => (typeof key === 'string' ? key : null)),
    direction: direction === 'prev' ? 'prev' : 'next',
  };
}
