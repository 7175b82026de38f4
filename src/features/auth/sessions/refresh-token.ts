import { hkdfSync, randomBytes } from 'node:crypto';
import { decryptWith, encryptWith } from '../../../platform/crypto/encryptor.ts';

const prefix = 'rt_';

/** `rt_` and 32 random bytes as base64url. */
export const refreshTokenPattern = /^rt_[A-Za-z0-9_-]{43}$/;

/** A new opaque refresh token. */
export function newRefreshToken(): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** Encrypts a successor under a key derived from its predecessor, which the database does not contain. */
export function encryptSuccessor(successor: string, predecessor: string): Uint8Array<ArrayBuffer> {
  return encryptWith(successorKey(predecessor), successor, 'refresh token child');
}

/** Decrypts what `encryptSuccessor` returned for this predecessor. */
export function decryptSuccessor(encrypted: Uint8Array, predecessor: string): string {
  return decryptWith(successorKey(predecessor), encrypted, 'refresh token child');
}

function successorKey(predecessor: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', predecessor, 'plinth', 'refresh token child', 32));
}
