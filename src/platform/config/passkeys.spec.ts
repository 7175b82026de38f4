import { describe, expect, it } from '@jest/globals';
import { errorsOf, production } from '../../../test/harness/app/config.ts';
import { parseConfig } from './config.ts';

const androidApp = 'android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS0-0iNSVI5y7jlPC8';

describe('The configuration of passkeys', () => {
  it.each([
    ['localhost in development', {}, { rpId: 'localhost', origins: ['http://localhost:3000'] }],
    [
      'localhost for a loopback IP address',
      { PORT: '8080', HOST: '::1' },
      { rpId: 'localhost', origins: ['http://localhost:8080'] },
    ],
    ['the host of the API', production, { rpId: 'api.example.com', origins: ['https://api.example.com'] }],
    [
      'the host of the front end',
      { ...production, APP_URL: 'https://app.example.com/start' },
      { rpId: 'app.example.com', origins: ['https://app.example.com'] },
    ],
    [
      'the configured domain, with every page below it',
      { ...production, APP_URL: 'https://app.example.com', AUTH_PASSKEY_RP_ID: 'example.com' },
      { rpId: 'example.com', origins: ['https://app.example.com', 'https://api.example.com'] },
    ],
    [
      'the configured origins',
      {
        ...production,
        AUTH_PASSKEY_RP_ID: 'example.com',
        AUTH_PASSKEY_ORIGINS: 'https://a.example.com, https://example.com',
      },
      { rpId: 'example.com', origins: ['https://a.example.com', 'https://example.com'] },
    ],
    [
      'the configured origins of a page and an Android app',
      { ...production, AUTH_PASSKEY_ORIGINS: `https://api.example.com,${androidApp}` },
      { rpId: 'api.example.com', origins: ['https://api.example.com', androidApp] },
    ],
    ['undefined for an IP address', { PUBLIC_URL: 'http://192.0.2.7:3000' }, undefined],
    ['undefined for an IPv6 address', { PUBLIC_URL: 'http://[2001:db8::7]:3000' }, undefined],
  ])('is %s', (_, variables, expected) => {
    expect(parseConfig(variables).auth.passkeys).toEqual(expected);
  });

  it.each([
    [{ AUTH_PASSKEY_RP_ID: '192.0.2.7' }, /^AUTH_PASSKEY_RP_ID: must not be an IP address/],
    [{ AUTH_PASSKEY_RP_ID: 'localhost:3000' }, /^AUTH_PASSKEY_RP_ID: must be a domain in lower case/],
    [{ AUTH_PASSKEY_RP_ID: 'https://example.com' }, /^AUTH_PASSKEY_RP_ID: must be a domain in lower case/],
    [{ AUTH_PASSKEY_RP_ID: 'example.com' }, /^AUTH_PASSKEY_RP_ID: neither APP_URL nor PUBLIC_URL belongs/],
    [
      { AUTH_PASSKEY_ORIGINS: 'http://localhost:3000,https://notlocalhost' },
      /^AUTH_PASSKEY_ORIGINS: entry 2 has a host/,
    ],
    [{ AUTH_PASSKEY_ORIGINS: androidApp.slice(0, -1) }, /^AUTH_PASSKEY_ORIGINS: entry 1 must be android:apk-key-hash:/],
    [{ CORS_ORIGINS: androidApp }, /^CORS_ORIGINS: entry 1 must be scheme/],
    [{ AUTH_PASSKEY_ORIGINS: 'https://*.example.com' }, /^AUTH_PASSKEY_ORIGINS: entry 1 has a wildcard/],
    [
      { PUBLIC_URL: 'http://192.0.2.7', AUTH_PASSKEY_ORIGINS: 'https://example.com' },
      /^AUTH_PASSKEY_ORIGINS: needs AUTH_PASSKEY_RP_ID/,
    ],
  ])('%j is rejected', (variables, message) => {
    expect(errorsOf(variables)).toEqual([expect.stringMatching(message)]);
  });
});
