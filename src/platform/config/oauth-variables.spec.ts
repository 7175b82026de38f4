import { describe, expect, it } from '@jest/globals';
import { errorsOf, production } from '../../../test/harness/app/config.ts';
import { parseConfig } from './config.ts';

const client = { clientId: 'plinth', clientSecret: 'do-not-quote-this' };
const redirects = { AUTH_OAUTH_REDIRECTS: 'https://app.example.com/logged-in' };
const withProviders = (providers: unknown): Record<string, string> => ({
  AUTH_OAUTH_PROVIDERS: JSON.stringify(providers),
  ...redirects,
});

describe('AUTH_OAUTH_PROVIDERS', () => {
  it('is empty by default', () => {
    expect(parseConfig({}).oauth).toEqual({ providers: [], redirects: [] });
  });

  it('takes any number of providers, and what their presets set', () => {
    const tenant = 'https://login.microsoftonline.com/01938c5e-7a80-7000-8000-3f2d6c1b9a04/v2.0';

    const { providers } = parseConfig(
      withProviders({
        google: client,
        github: client,
        work: { ...client, preset: 'microsoft', issuer: tenant },
        acme: { ...client, issuer: 'https://login.acme.example/', idTokenAlgorithm: 'ES256', scopes: ['openid'] },
      }),
    ).oauth;

    expect(providers).toEqual([
      expect.objectContaining({ name: 'google', issuer: 'https://accounts.google.com', emailTrusted: true }),
      expect.objectContaining({ name: 'github', protocol: 'github', issuer: 'https://github.com' }),
      expect.objectContaining({ name: 'work', protocol: 'oidc', issuer: tenant, emailTrusted: false }),
      {
        name: 'acme',
        protocol: 'oidc',
        issuer: 'https://login.acme.example/',
        ...client,
        scopes: ['openid'],
        idTokenAlgorithm: 'ES256',
        emailTrusted: true,
      },
    ]);
  });

  it.each([
    ['[]', 'must be a JSON object of at most 16 providers by name'],
    ['{', 'must be a JSON object of at most 16 providers by name'],
  ])('is rejected: %s', (value, problem) => {
    expect(errorsOf({ AUTH_OAUTH_PROVIDERS: value })).toContain(`AUTH_OAUTH_PROVIDERS: ${problem}`);
  });

  it('is rejected with every violation, without quoting a secret', () => {
    const problems = errorsOf(
      withProviders({
        'Not a name': client,
        acme: { clientId: '', clientSecret: 'do-not-quote-this', idTokenAlgorithm: 'none', issuer: 'https://acme?x' },
        bare: client,
        work: { ...client, preset: 'microsoft', issuer: 'https://login.microsoftonline.com/common/v2.0' },
        mine: { ...client, preset: 'microsoft', emailTrusted: true },
        google: { ...client, issuer: 'https://google.example', scopes: ['email'] },
        extra: { ...client, issuer: 'https://extra.example', audience: 'x' },
      }),
    );

    expect(problems).toEqual([
      'AUTH_OAUTH_PROVIDERS: a name must match ^[a-z][a-z0-9-]{0,31}$',
      'AUTH_OAUTH_PROVIDERS: acme.issuer must have neither a query nor a fragment',
      'AUTH_OAUTH_PROVIDERS: acme.clientId must not be empty',
      'AUTH_OAUTH_PROVIDERS: acme.clientId must be printable ASCII without spaces',
      'AUTH_OAUTH_PROVIDERS: acme.idTokenAlgorithm must be RS256, PS256, ES256 or EdDSA',
      'AUTH_OAUTH_PROVIDERS: bare.issuer is required',
      'AUTH_OAUTH_PROVIDERS: work.issuer must be https://login.microsoftonline.com/<tenant id>/v2.0, of one tenant',
      'AUTH_OAUTH_PROVIDERS: mine.issuer is required',
      'AUTH_OAUTH_PROVIDERS: mine.emailTrusted must not be true',
      'AUTH_OAUTH_PROVIDERS: google.issuer is set by the preset',
      'AUTH_OAUTH_PROVIDERS: google.scopes must have openid',
      'AUTH_OAUTH_PROVIDERS: extra Unrecognized key: "audience"',
    ]);
    expect(problems.join()).not.toContain('do-not-quote-this');
  });

  it('keeps the slash at the end of an issuer, and removes it from the URL of a GitHub server', () => {
    const { oauth } = parseConfig(
      withProviders({
        acme: { ...client, issuer: 'https://login.acme.example/' },
        github: { ...client, issuer: 'https://github.acme.example/' },
      }),
    );

    expect(oauth.providers.map(({ issuer }) => issuer)).toEqual([
      'https://login.acme.example/',
      'https://github.acme.example',
    ]);
  });

  it('accepts an http issuer only on a loopback host, and never in production', () => {
    const acme = (issuer: string): Record<string, string> => withProviders({ acme: { ...client, issuer } });
    const problem = 'AUTH_OAUTH_PROVIDERS: acme.issuer must be an https:// URL; outside of production a loopback host';

    expect(parseConfig(acme('http://127.0.0.1:4701')).oauth.providers).toHaveLength(1);
    expect(parseConfig(acme('http://localhost:4701')).oauth.providers).toHaveLength(1);
    expect(errorsOf(acme('http://127.0.0.1.example.com'))).toEqual([problem]);
    expect(errorsOf(acme('http://login.acme.example'))).toEqual([problem]);
    expect(errorsOf({ ...production, ...acme('http://127.0.0.1:4701') })).toEqual([problem]);
  });
});

describe('AUTH_OAUTH_REDIRECTS', () => {
  it('is required together with providers', () => {
    expect(errorsOf({ AUTH_OAUTH_PROVIDERS: JSON.stringify({ google: client }) })).toEqual([
      'AUTH_OAUTH_REDIRECTS: is required with AUTH_OAUTH_PROVIDERS',
    ]);
  });

  it('is a list of pages and apps', () => {
    const list = ['https://app.example.com/in?from=login', 'http://localhost:5173/in', 'com.example.app:/in'];

    expect(parseConfig({ AUTH_OAUTH_REDIRECTS: list.join(', ') }).oauth.redirects).toEqual(list);
  });

  it.each([
    ['/logged-in', 'must be an absolute URL'],
    ['https://*.example.com/in', 'has a wildcard'],
    ['https://app.example.com/in#part', 'must have no fragment'],
    ['https://user:password@app.example.com/in', 'must have no user name'],
    ['https://app.example.com/in?code=1', 'must have no parameter code or error'],
    ['http://app.example.com/in', 'must begin with https://'],
    ['javascript:alert(1)', 'must begin with https://'],
    ['data:text/html,1', 'must begin with https://'],
    [`https://app.example.com/${'a'.repeat(500)}`, 'must have at most 512 characters'],
  ])('is rejected: %s', (value, problem) => {
    const [found = ''] = errorsOf({ AUTH_OAUTH_REDIRECTS: `https://app.example.com/in,${value}` });

    expect(found).toContain(`AUTH_OAUTH_REDIRECTS: entry 2 ${problem}`);
  });
});
