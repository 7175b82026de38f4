import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { openWith, sealWith } from '../../database/sealer.ts';

const prefix = 'rt_';

/** `rt_` and 32 random bytes as base64url. */
export const refreshTokenPattern = /^rt_[A-Za-z0-9_-]{43}$/;

/** A new opaque refresh token. */
export function newRefreshToken(): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** SHA-256 of the token: what the database keeps. */
export function refreshTokenHash(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest());
}

/** Seals a child token so that only a holder of its parent can open it: a reader of the database gains nothing. */
export function sealChild(child: string, parent: string): Uint8Array<ArrayBuffer> {
  return sealWith(childKey(parent), child, 'refresh token child');
}

/** Opens what `sealChild` made for this parent. */
export function openChild(sealed: Uint8Array, parent: string): string {
  return openWith(childKey(parent), sealed, 'refresh token child');
}

function childKey(parent: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', parent, 'plinth', 'refresh token child', 32));
}
