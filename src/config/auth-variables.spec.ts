import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './config.ts';

describe('The limits of attempts', () => {
  it('are those of the specification when nobody says otherwise', () => {
    expect(parseConfig({}).auth.limits).toEqual({
      address: [
        { attempts: 30, seconds: 60 },
        { attempts: 300, seconds: 3600 },
      ],
      accountAddress: { failures: 5, firstSeconds: 60, longestSeconds: 900 },
      account: { attempts: 20, seconds: 3600, pauseSeconds: 60 },
      lock: 100,
      register: [{ attempts: 10, seconds: 3600 }],
      token: [{ attempts: 20, seconds: 300 }],
      mailAccount: [
        { attempts: 1, seconds: 60 },
        { attempts: 5, seconds: 3600 },
      ],
      mailAddress: [{ attempts: 10, seconds: 3600 }],
    });
  });

  it.each(['AUTH_LIMIT_ADDRESS', 'AUTH_LIMIT_ACCOUNT_ADDRESS', 'AUTH_LIMIT_ACCOUNT', 'AUTH_LIMIT_LOCK'])(
    'are refused when %s can not be read',
    (name) => {
      for (const value of ['0', '5/0', '0/60/900', 'many', '5/60,', '-1', '1e3'])
        expect(() => parseConfig({ [name]: value })).toThrow(`${name}: must be`);
    },
  );
});

describe('AUTH_PASSWORD_PEPPER', () => {
  const secret = 'hD3+v8q0Zk1mT5yJw9RbXcNfLsAeUo2gPi7KtQxV4Mg=';

  it('is a list whose first pair is for new hashes', () => {
    expect(parseConfig({}).auth.peppers).toEqual([]);
    expect(parseConfig({ AUTH_PASSWORD_PEPPER: `b:${secret}, a:${secret}` }).auth.peppers).toEqual([
      { keyId: 'b', secret },
      { keyId: 'a', secret },
    ]);
  });

  it.each([
    [secret, 'must be keyid:secret'],
    [`too-long-a-name:${secret}`, 'must be keyid:secret'],
    ['a:short', 'must have secrets of at least 32 characters'],
    [`a:${secret},a:${secret}`, 'must name each keyid once'],
    [`a:${secret},`, 'must be keyid:secret'],
  ])('is refused, and not repeated: %s', (value, problem) => {
    const parse = (): unknown => parseConfig({ AUTH_PASSWORD_PEPPER: value });

    expect(parse).toThrow(`AUTH_PASSWORD_PEPPER: ${problem}`);
    expect(parse).not.toThrow(secret);
  });
});

describe('AUTH_HIBP_URL', () => {
  it('is nowhere by default, and taken without its last slash', () => {
    expect(parseConfig({}).auth.breachListUrl).toBeUndefined();
    expect(parseConfig({ AUTH_HIBP_URL: 'https://api.example.com/range/' }).auth.breachListUrl).toBe(
      'https://api.example.com/range',
    );
    expect(() => parseConfig({ AUTH_HIBP_URL: 'ftp://example.com' })).toThrow('AUTH_HIBP_URL: must be an http://');
  });
});
