import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './config.ts';

describe('The rate limits of authentication', () => {
  it('have the documented defaults', () => {
    expect(parseConfig({}).auth.throttleLimits).toEqual({
      ip: [
        { attempts: 30, seconds: 60 },
        { attempts: 300, seconds: 3600 },
      ],
      accountIp: { failures: 5, firstSeconds: 60, longestSeconds: 900 },
      account: { attempts: 20, seconds: 3600, backoffSeconds: 60 },
      lockoutThreshold: 100,
      mfa: [{ attempts: 10, seconds: 900 }],
      registration: [{ attempts: 10, seconds: 3600 }],
      oneTimeToken: [{ attempts: 20, seconds: 300 }],
      apiKey: [{ attempts: 20, seconds: 60 }],
      emailPerRecipient: [
        { attempts: 1, seconds: 60 },
        { attempts: 5, seconds: 3600 },
      ],
      emailPerRecipientTotal: [{ attempts: 10, seconds: 3600 }],
      emailPerIp: [{ attempts: 10, seconds: 3600 }],
    });
  });

  it.each(['AUTH_RATE_LIMIT_IP', 'AUTH_RATE_LIMIT_ACCOUNT_IP', 'AUTH_RATE_LIMIT_ACCOUNT', 'AUTH_LOCKOUT_THRESHOLD'])(
    'are rejected when %s cannot be parsed',
    (name) => {
      for (const value of ['0', '5/0', '0/60/900', 'many', '5/60,', '-1', '1e3'])
        expect(() => parseConfig({ [name]: value })).toThrow(`${name}: must be`);
    },
  );
});

describe('AUTH_MFA_REQUIRED_ROLES', () => {
  it('is a list of names, empty by default', () => {
    const rolesOf = (value: string): unknown => parseConfig({ AUTH_MFA_REQUIRED_ROLES: value }).auth.mfaRequiredRoles;

    expect(parseConfig({}).auth.mfaRequiredRoles).toEqual([]);
    expect(rolesOf(' admin, support ,')).toEqual(['admin', 'support']);
    expect(() => rolesOf('Admin')).toThrow('AUTH_MFA_REQUIRED_ROLES: must be names of roles, separated by commas');
  });
});

describe('AUTH_PASSWORD_PEPPER', () => {
  const secret = 'hD3+v8q0Zk1mT5yJw9RbXcNfLsAeUo2gPi7KtQxV4Mg=';

  it('is a list whose first pair is used for new hashes', () => {
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
    [`a:${'x'.repeat(32)}`, 'must have secrets of at least 32 characters, none a placeholder'],
    [`a:${secret},a:${secret}`, 'must name each keyid once'],
    [`a:${secret},`, 'must be keyid:secret'],
  ])('is rejected without quoting it: %s', (value, problem) => {
    const parse = (): unknown => parseConfig({ AUTH_PASSWORD_PEPPER: value });

    expect(parse).toThrow(`AUTH_PASSWORD_PEPPER: ${problem}`);
    expect(parse).not.toThrow(secret);
  });
});

describe('AUTH_PWNED_PASSWORDS_URL', () => {
  it('is unset by default, and loses its trailing slash', () => {
    expect(parseConfig({}).auth.pwnedPasswordsUrl).toBeUndefined();
    expect(parseConfig({ AUTH_PWNED_PASSWORDS_URL: 'https://api.example.com/range/' }).auth.pwnedPasswordsUrl).toBe(
      'https://api.example.com/range',
    );
  });

  it.each([
    ['ftp://example.com', 'must be an http://'],
    ['https://example.com/range?x=1', 'must have neither a query'],
    // fetch() throws for it: no password would be checked.
    ['https://user:password@example.com/range', 'must have no user name and password'],
  ])('is rejected: %s', (value, problem) => {
    const parse = (): unknown => parseConfig({ AUTH_PWNED_PASSWORDS_URL: value });

    expect(parse).toThrow(`AUTH_PWNED_PASSWORDS_URL: ${problem}`);
  });
});
