import { describe, expect, it } from '@jest/globals';
import { errorsOf, production, configErrorOf } from '../../../test/harness/app/config.ts';
import { parseConfig } from './config.ts';

describe('parseConfig', () => {
  it('requires no variable', () => {
    const config = parseConfig({});

    expect(config.service).toMatchObject({ environment: 'development', secret: undefined, shutdownDrainMs: 0 });
    expect(config.service.publicUrl).toBe('http://localhost:3000');
    expect(config.http).toEqual({
      host: '127.0.0.1',
      port: 3000,
      corsOrigins: [],
      sameSiteCookies: false,
      trustedProxyHops: 0,
      rateLimit: { requests: 600, windowSeconds: 60 },
      overload: { eventLoopLagMs: 30, poolWaitMs: 250 },
      graphql: true,
    });
    expect(config.database).toMatchObject({ url: undefined, poolMax: 12 });
    expect(config.auth).toMatchObject({ issuer: 'http://localhost:3000', passwordMinLength: 15 });
  });

  it.each([
    [{ NODE_ENV: 'test' }, false],
    [production, false],
    [{ ...production, GRAPHQL: 'on' }, true],
    [{ GRAPHQL: 'off' }, false],
  ])('serves GraphQL by default in development only: %j', (environment, isOn) => {
    expect(parseConfig(environment).http.graphql).toBe(isOn);
  });

  it('treats an empty value as absent', () => {
    const empty = { PORT: '', LOG_LEVEL: '', APP_SECRET: '', APP_SECRET_FILE: '', DATABASE_URL: '', PUBLIC_URL: '' };

    expect(parseConfig(empty)).toEqual(parseConfig({}));
    expect(errorsOf({ ...production, APP_SECRET: '' })).toEqual(['APP_SECRET: is required in production']);
  });

  it('converts text to numbers, lists and booleans', () => {
    const config = parseConfig({
      PORT: '8080',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
      DATABASE_PREPARED_STATEMENTS: 'false',
      PUBLIC_URL: 'https://api.example.com/base/',
    });

    expect(config.http.port).toBe(8080);
    expect(config.http.corsOrigins).toEqual(['https://app.example.com', 'http://localhost:5173']);
    expect(config.database.preparedStatements).toBe(false);
    expect(config.auth.issuer).toBe('https://api.example.com/base');
  });

  it.each([
    ['::1', 'http://localhost:8080'],
    ['::', 'http://localhost:8080'],
    ['0.0.0.0', 'http://localhost:8080'],
    ['localhost', 'http://localhost:8080'],
    ['192.0.2.7', 'http://192.0.2.7:8080'],
    ['2001:db8::7', 'http://[2001:db8::7]:8080'],
  ])('derives a reachable URL from the host %s', (HOST, url) => {
    const { service, auth } = parseConfig({ HOST, PORT: '8080' });

    expect([service.publicUrl, auth.issuer]).toEqual([url, url]);
  });

  it.each([
    ['?', 'must have neither a query nor a fragment'],
    ['/base?a=b', 'must have neither a query nor a fragment'],
    ['/#top', 'must have neither a query nor a fragment'],
  ])('rejects a base URL that ends with %s', (end, problem) => {
    const url = `https://api.example.com${end}`;

    expect(errorsOf({ PUBLIC_URL: url, APP_URL: url })).toEqual([`PUBLIC_URL: ${problem}`, `APP_URL: ${problem}`]);
  });

  it.each(['/a b', '/ü', '/%zz', '/%ff', '/a//b', '/a/../b', '/./a', '/%2e%2e/b', '\\a', '/"a"', ' '])(
    'rejects a base URL that clients would normalize to another one: %j',
    (end) => {
      const url = `https://api.example.com${end}`;
      const problem = 'must have a percent-encoded path without empty, . or .. segments';

      expect(errorsOf({ PUBLIC_URL: url, APP_URL: url })).toEqual([`PUBLIC_URL: ${problem}`, `APP_URL: ${problem}`]);
    },
  );

  it('rejects a public URL without slashes after its scheme, or with a path of more than 64 characters', () => {
    expect(errorsOf({ PUBLIC_URL: 'https:api.example.com' })).toHaveLength(1);
    expect(errorsOf({ PUBLIC_URL: `https://api.example.com/${'a'.repeat(64)}` })).toEqual([
      'PUBLIC_URL: must have a path of at most 64 characters',
    ]);
    expect(parseConfig({ PUBLIC_URL: `https://api.example.com/${'a'.repeat(63)}` })).toBeDefined();
  });

  it.each([
    ['https://api.example.com/', 'https://api.example.com'],
    ['https://api.example.com/base//', 'https://api.example.com/base'],
    ['https://api.example.com/%C3%BC%20b/c', 'https://api.example.com/%C3%BC%20b/c'],
    ['http://[::1]:8080/base', 'http://[::1]:8080/base'],
  ])('uses %s as the base of links and as the issuer', (PUBLIC_URL, url) => {
    const { service, auth } = parseConfig({ PUBLIC_URL });

    expect([service.publicUrl, auth.issuer]).toEqual([url, url]);
  });

  it('rejects a base URL with credentials', () => {
    const { message, problems } = configErrorOf({ PUBLIC_URL: 'https://root:hunter2@api.example.com' });

    expect(problems).toEqual(['PUBLIC_URL: must have no user name and password']);
    expect(message).not.toContain('hunter2');
  });

  it('reports every problem at once by its variable, and never a value', () => {
    const raw = {
      NODE_ENV: 'wrong-environment',
      PORT: '70000',
      DATABASE_URL: 'mysql://root:hunter2@db.example.com/plinth',
      APP_SECRET: 'hunter2-is-too-short',
      CORS_ORIGINS: 'https://hunter2.example.com/path',
      LOG_LEVEL: 'hunter2',
      AUTH_PASSWORD_MIN_LENGTH: 'hunter2',
    };

    const { message, problems } = configErrorOf(raw);

    expect([...new Set(problems.map((problem) => problem.slice(0, problem.indexOf(':'))))].sort()).toEqual([
      'APP_SECRET',
      'AUTH_PASSWORD_MIN_LENGTH',
      'CORS_ORIGINS',
      'DATABASE_URL',
      'LOG_LEVEL',
      'NODE_ENV',
      'PORT',
    ]);
    for (const problem of problems) expect(message).toContain(problem);
    for (const value of Object.values(raw)) expect(message).not.toContain(value);
    expect(message).not.toContain('hunter2');
  });
});

describe('Production', () => {
  it('starts with a secret, a database and a public URL', () => {
    expect(parseConfig(production).service).toMatchObject({ environment: 'production', shutdownDrainMs: 5000 });
  });

  it('requires all three', () => {
    expect(errorsOf({ NODE_ENV: 'production' })).toEqual([
      'APP_SECRET: is required in production',
      'DATABASE_URL: is required in production',
      'PUBLIC_URL: is required in production',
    ]);
  });

  it('reports each problem once', () => {
    expect(() => parseConfig({ ...production, APP_SECRET: 'short', AUTH_ARGON2_ITERATIONS: 'many' })).toThrow(
      /^The configuration is invalid:\n {2}APP_SECRET: must have .*\n {2}AUTH_ARGON2_ITERATIONS: must be .*$/,
    );
  });
});

describe('A placeholder', () => {
  it.each(['change-me', 'CHANGEME', 'placeholder', 'your-secret-here', 'x'])(
    'such as %s is not accepted as a secret',
    (text) => {
      const long = text === 'x' ? text.repeat(44) : `${text}-0123456789-0123456789-0123456789`;

      expect(errorsOf({ APP_SECRET: long })).toEqual(['APP_SECRET: is a placeholder: openssl rand -base64 32']);
    },
  );
});
