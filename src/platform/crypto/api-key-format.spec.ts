import { describe, expect, it } from '@jest/globals';
import { apiKeyDigest, isApiKey, newApiKey } from './api-key-format.ts';

describe('newApiKey', () => {
  it('creates a different key each time, which begins with its prefix', () => {
    const keys = Array.from({ length: 100 }, () => newApiKey('test'));

    expect(new Set(keys.map(({ key }) => key)).size).toBe(100);
    for (const { key, prefix } of keys) {
      expect(key).toMatch(/^sk_test_[0-9A-Za-z]{8}_[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/);
      expect(key.startsWith(`${prefix}_`)).toBe(true);
      expect(isApiKey(key)).toBe(true);
    }
  });
});

describe('isApiKey', () => {
  const known = 'sk_test_AAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

  it('accepts the CRC-32 of the key in base 62', () => {
    // Computed with zlib.crc32 of Python.
    expect(isApiKey(`${known}4VHgMi`)).toBe(true);
  });

  it('rejects a key in which one character differs', () => {
    const { key } = newApiKey('test');

    for (let at = 0; at < key.length; at += 1) {
      const other = key[at] === 'a' ? 'b' : 'a';
      expect(isApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
    }
  });

  it.each(['', 'sk_', known, `${known}000000`, ` ${newApiKey('test').key}`, `${newApiKey('test').key}\n`])(
    'rejects what has another form: %j',
    (text) => {
      expect(isApiKey(text)).toBe(false);
    },
  );
});

describe('apiKeyDigest', () => {
  it('is the SHA-256 of the key', () => {
    expect(apiKeyDigest('abc')).toBe('ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=');
  });
});
