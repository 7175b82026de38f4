import { describe, expect, it } from '@jest/globals';
import { readKeyId, withKeyId } from './phc-string.ts';

const bare = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaA';

describe('withKeyId', () => {
  it('adds the parameter that readKeyId removes', () => {
    const encoded = withKeyId(bare, 'k2026');

    expect(encoded).toBe('$argon2id$v=19$m=19456,t=2,p=1,keyid=azIwMjY$c29tZXNhbHRzb21lc2FsdA$aGFzaA');
    expect(readKeyId(encoded)).toEqual({ bare, keyId: 'k2026' });
  });
});

describe('readKeyId', () => {
  it('returns no id for a hash without one', () => {
    expect(readKeyId(bare)).toEqual({ bare, keyId: undefined });
  });
});
