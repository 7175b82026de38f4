import { describe, expect, it } from '@jest/globals';
import { Encryptor } from './encryptor.ts';

const encryptorWith = (secret: string | undefined, ...previousSecrets: string[]): Encryptor =>
  new Encryptor({ secret, previousSecrets });

const plain = 'a value that the database must not read';
const encryptor = encryptorWith('the secret of this test');
const encrypted = encryptor.encrypt(plain, 'row A');

/** The encrypted value with one bit of this byte flipped; negative positions count from the end. */
function flipped(position: number): Uint8Array {
  const copy = Uint8Array.from(encrypted);
  const index = position < 0 ? copy.length + position : position;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

describe('Encryptor', () => {
  it('decrypts a value that was encrypted for the same row', () => {
    expect(encryptor.decrypt(encrypted, 'row A')).toBe(plain);
    expect(encryptorWith('the secret of this test').decrypt(encrypted, 'row A')).toBe(plain);
  });

  it('returns a different value each time, without the plain text', () => {
    expect(Buffer.from(encrypted).includes(plain)).toBe(false);
    expect(Buffer.from(encryptor.encrypt(plain, 'row A')).equals(encrypted)).toBe(false);
  });

  it('does not decrypt a value that was copied to another row', () => {
    expect(() => encryptor.decrypt(encrypted, 'row B')).toThrow();
    expect(() => encryptor.decrypt(encrypted, '')).toThrow();
  });

  it('does not decrypt a value of another secret', () => {
    expect(() => encryptorWith('another secret of this test').decrypt(encrypted, 'row A')).toThrow();
  });

  it.each([
    ['nonce', 0],
    ['ciphertext', 12],
    ['tag', -16],
    ['end', -1],
  ])('does not decrypt a value with a flipped bit in its %s', (_, position) => {
    expect(() => encryptor.decrypt(flipped(position), 'row A')).toThrow();
  });

  it.each([0, 27, encrypted.length - 1])('does not decrypt a value cut to %i bytes', (length) => {
    expect(() => encryptor.decrypt(encrypted.subarray(0, length), 'row A')).toThrow();
  });

  it('decrypts a value of a previous secret, and encrypts with the current one', () => {
    const rotated = encryptorWith('the next secret of this test', 'another secret', 'the secret of this test');
    const next = rotated.encrypt(plain, 'row A');

    expect(rotated.decrypt(encrypted, 'row A')).toBe(plain);
    expect(rotated.isCurrent(encrypted, 'row A')).toBe(false);
    expect(rotated.isCurrent(next, 'row A')).toBe(true);
    expect(() => rotated.decrypt(encrypted, 'row B')).toThrow();
    expect(() => encryptor.decrypt(next, 'row A')).toThrow();
  });

  it('requires a secret', () => {
    expect(() => encryptorWith(undefined)).toThrow('APP_SECRET');
  });
});
