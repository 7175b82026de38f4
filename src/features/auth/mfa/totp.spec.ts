import { describe, expect, it } from '@jest/globals';
import { Secret } from 'otpauth';
import { newTotpSecret, otpauthUri, totpStep } from './totp.ts';

/** RFC 6238 appendix B: this secret, and the last six digits of its codes. */
const secret = Secret.fromUTF8('12345678901234567890').base32;

describe('totpStep', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [20_000_000_000, '353130'],
  ])('returns the step of the code of RFC 6238 at %d s', (seconds, code) => {
    expect(totpStep(secret, code, 0, seconds * 1000)).toBe(Math.floor(seconds / 30));
  });

  it('accepts the steps of the window only', () => {
    const step = 37_037_036;
    const at = (seconds: number, window: number): number | undefined =>
      totpStep(secret, '081804', window, (step * 30 + seconds) * 1000);

    expect([at(-31, 1), at(-30, 1), at(59, 1), at(60, 1)]).toEqual([undefined, step, step, undefined]);
    expect([at(-1, 0), at(0, 0), at(29, 0), at(30, 0)]).toEqual([undefined, step, step, undefined]);
  });

  it.each(['287 082', ' 287-082'])('ignores spaces and hyphens: %j', (code) => {
    expect(totpStep(secret, code, 0, 59_000)).toBe(1);
  });

  it.each(['', 'abcdef', '28708', '2870820', '２８７０８２', '0x287082', '-287082e0'])(
    'returns undefined for %j',
    (code) => {
      expect(totpStep(secret, code, 1, 59_000)).toBeUndefined();
    },
  );
});

describe('newTotpSecret', () => {
  it('has 160 random bits', () => {
    const [one, other] = [newTotpSecret(), newTotpSecret()];

    expect(one).toMatch(/^[A-Z2-7]{32}$/);
    expect(one).not.toBe(other);
  });
});

describe('otpauthUri', () => {
  it('has the secret, the account and the parameters that apps read', () => {
    const uri = new URL(otpauthUri(secret, 'ada@example.com', 'Acme & Co'));

    expect(uri.protocol).toBe('otpauth:');
    expect(decodeURIComponent(uri.pathname)).toContain('ada@example.com');
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      ...{ issuer: 'Acme & Co', secret, algorithm: 'SHA1', digits: '6', period: '30' },
    });
  });
});
