import { describe, expect, it } from '@jest/globals';
import { Sealer } from './sealer.ts';

const plain = 'what the database may keep but not read';
const sealer = new Sealer('the secret of this test, known to everyone');
const sealed = sealer.seal(plain, 'row A');

/** The sealed value with one bit of this byte flipped; negative positions count from the end. */
function flipped(position: number): Uint8Array {
  const copy = Uint8Array.from(sealed);
  const index = position < 0 ? copy.length + position : position;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

describe('Sealer', () => {
  it('opens what it sealed for the same row', () => {
    expect(sealer.open(sealed, 'row A')).toBe(plain);
    expect(new Sealer('the secret of this test, known to everyone').open(sealed, 'row A')).toBe(plain);
  });

  it('keeps the text out of the sealed value, which is never twice the same', () => {
    expect(Buffer.from(sealed).includes(plain)).toBe(false);
    expect(Buffer.from(sealer.seal(plain, 'row A')).equals(sealed)).toBe(false);
  });

  it('does not open a value that was copied to another row', () => {
    expect(() => sealer.open(sealed, 'row B')).toThrow();
    expect(() => sealer.open(sealed, '')).toThrow();
  });

  it('does not open a value of another secret', () => {
    expect(() => new Sealer('another secret of this test').open(sealed, 'row A')).toThrow();
  });

  it.each([
    ['nonce', 0],
    ['ciphertext', 12],
    ['tag', -16],
    ['end', -1],
  ])('does not open a value with a flipped bit in its %s', (_, position) => {
    expect(() => sealer.open(flipped(position), 'row A')).toThrow();
  });

  it.each([0, 27, sealed.length - 1])('does not open a value cut to %i bytes', (length) => {
    expect(() => sealer.open(sealed.subarray(0, length), 'row A')).toThrow();
  });

  it('does not begin without a secret', () => {
    expect(() => new Sealer(undefined)).toThrow('APP_SECRET');
  });
});
