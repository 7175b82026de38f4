import { describe, expect, it } from '@jest/globals';
import { problemsOf, production, refusalOf } from '../../test/support/config.ts';
import { parseConfig } from './config.ts';
import type { RawEnvironment } from './environment.ts';

describe('parseConfig', () => {
  it('needs nothing to be set', () => {
    const config = parseConfig({});

    expect(config.service).toMatchObject({ environment: 'development', secret: undefined, shutdownDrainMs: 0 });
    expect(config.service.publicUrl).toBe('http://127.0.0.1:3000');
    expect(config.http).toEqual({
      host: '127.0.0.1',
      port: 3000,
      corsOrigins: [],
      trustedProxyHops: 0,
      rateLimit: { requests: 600, windowSeconds: 60 },
    });
    expect(config.database).toMatchObject({ url: undefined, poolMax: 12 });
    expect(config.auth).toMatchObject({ issuer: 'http://127.0.0.1:3000', passwordMinLength: 15 });
  });

  it('takes an empty value for an absent one', () => {
    const empty = { PORT: '', LOG_LEVEL: '', APP_SECRET: '', APP_SECRET_FILE: '', DATABASE_URL: '', PUBLIC_URL: '' };

    expect(parseConfig(empty)).toEqual(parseConfig({}));
    expect(problemsOf({ ...production, APP_SECRET: '' })).toEqual(['APP_SECRET: is required in production']);
  });

  it('turns text into numbers, lists and yes or no', () => {
    const config = parseConfig({
      PORT: '8080',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:5173',
      DATABASE_NAMED_STATEMENTS: 'false',
      PUBLIC_URL: 'https://api.example.com/base/',
    });

    expect(config.http.port).toBe(8080);
    expect(config.http.corsOrigins).toEqual(['https://app.example.com', 'http://localhost:5173']);
    expect(config.database.namedStatements).toBe(false);
    expect(config.auth.issuer).toBe('https://api.example.com/base');
  });

  it.each([
    ['::1', 'http://[::1]:8080'],
    ['::', 'http://[::1]:8080'],
    ['0.0.0.0', 'http://127.0.0.1:8080'],
    ['localhost', 'http://localhost:8080'],
  ])('makes a URL that can be opened from the host %s', (HOST, url) => {
    const { service, auth } = parseConfig({ HOST, PORT: '8080' });

    expect([service.publicUrl, auth.issuer]).toEqual([url, url]);
  });

  it.each([
    ['?', 'must have neither a query nor a fragment'],
    ['/base?a=b', 'must have neither a query nor a fragment'],
    ['/#top', 'must have neither a query nor a fragment'],
  ])('refuses a base of links that ends with %s', (end, problem) => {
    const given = `https://api.example.com${end}`;

    expect(problemsOf({ PUBLIC_URL: given, APP_URL: given })).toEqual([
      `PUBLIC_URL: ${problem}`,
      `APP_URL: ${problem}`,
    ]);
  });

  it('refuses a base of links with credentials', () => {
    const { message, problems } = refusalOf({ PUBLIC_URL: 'https://root:hunter2@api.example.com' });

    expect(problems).toEqual(['PUBLIC_URL: must have no user name and password']);
    expect(message).not.toContain('hunter2');
  });

  it('names every problem at once by its variable, and never a value', () => {
    const raw = {
      NODE_ENV: 'wrong-environment',
      PORT: '70000',
      DATABASE_URL: 'mysql://root:hunter2@db.example.com/plinth',
      APP_SECRET: 'hunter2-is-too-short',
      CORS_ORIGINS: 'https://hunter2.example.com/path',
      LOG_LEVEL: 'hunter2',
      AUTH_PASSWORD_MIN_LENGTH: 'hunter2',
    };

    const { message, problems } = refusalOf(raw);

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
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
      'APP_SECRET: is required in production',
      'DATABASE_URL: is required in production',
      'PUBLIC_URL: is required in production',
    ]);
  });

  it('tells what is wrong once', () => {
    expect(() => parseConfig({ ...production, APP_SECRET: 'short', AUTH_ARGON2_PASSES: 'many' })).toThrow(
      /^The configuration is invalid:\n {2}APP_SECRET: must have .*\n {2}AUTH_ARGON2_PASSES: must be .*$/,
    );
  });
});

describe('A placeholder', () => {
  it.each(['change-me', 'CHANGEME', 'placeholder', 'your-secret-here', 'x'])('such as %s is no secret', (word) => {
    const long = word === 'x' ? word.repeat(44) : `${word}-0123456789-0123456789-0123456789`;

    expect(problemsOf({ APP_SECRET: long })).toEqual(['APP_SECRET: is a placeholder: openssl rand -base64 32']);
  });
});

describe('The OWASP floor of argon2id', () => {
  const settings = (memoryKib: number, passes: number): RawEnvironment => ({
    AUTH_ARGON2_MEMORY_KIB: String(memoryKib),
    AUTH_ARGON2_PASSES: String(passes),
  });

  it.each([
    [47104, 1],
    [19456, 2],
    [12288, 3],
    [9216, 4],
    [7168, 5],
  ])('allows %i KiB with %i passes and neither less', (memoryKib, passes) => {
    const floor = 'AUTH_ARGON2_MEMORY_KIB: is below the OWASP floor for this many passes (19456 KiB with 2 passes)';

    expect(parseConfig(settings(memoryKib, passes)).auth).toMatchObject({
      argon2MemoryKib: memoryKib,
      argon2Passes: passes,
    });
    // One KiB below the lowest row is outside of the variable's own range already.
    const below = memoryKib === 7168 ? 'AUTH_ARGON2_MEMORY_KIB: must be a whole number from 7168 to 4194304' : floor;
    expect(problemsOf(settings(memoryKib - 1, passes))).toContain(below);
    if (passes > 1) expect(problemsOf(settings(memoryKib, passes - 1))).toContain(floor);
  });
});

describe('The jobs of a worker', () => {
  const problem = 'WORKER_CONCURRENCY: twice as many jobs must be fewer than the connections of DATABASE_POOL_MAX';

  it.each([
    ['5', '10'],
    ['5', '9'],
    ['100', '200'],
    ['6', ''],
  ])('may not be %s of each queue with a pool of %j', (WORKER_CONCURRENCY, DATABASE_POOL_MAX) => {
    expect(problemsOf({ WORKER_CONCURRENCY, DATABASE_POOL_MAX })).toEqual([problem]);
    expect(problemsOf({ WORKER_CONCURRENCY, DATABASE_POOL_MAX, WORKER: 'inline' })).toEqual([problem]);
    expect(parseConfig({ WORKER_CONCURRENCY, DATABASE_POOL_MAX, WORKER: 'off' }).queue.inline).toBe(false);
  });

  it.each([
    ['5', '11'],
    ['1', '3'],
    ['', ''],
  ])('may be %j of each queue with a pool of %j', (WORKER_CONCURRENCY, DATABASE_POOL_MAX) => {
    expect(parseConfig({ WORKER_CONCURRENCY, DATABASE_POOL_MAX }).queue.inline).toBe(true);
  });
});

describe('The sender of mails', () => {
  it.each([
    'hello@plinth.example',
    'Plinth <no-reply@localhost>',
    '"Plinth, the service" <hello@plinth.example>',
    'Grüße <gruss@bücher.example>',
  ])('may be %s', (MAIL_FROM) => {
    expect(parseConfig({ MAIL_FROM }).mail.from).toBe(MAIL_FROM);
  });

  it.each([
    'Plinth',
    'Plinth <>',
    'hello@',
    'a@plinth.example, b@plinth.example',
    'All: a@plinth.example;',
    'Plinth <hello plinth.example>',
  ])('is refused when it is not one mailbox: %s', (MAIL_FROM) => {
    expect(problemsOf({ MAIL_FROM })).toEqual([
      'MAIL_FROM: must be one mailbox, such as Plinth <no-reply@example.com>',
    ]);
  });

  it('may not be left @localhost once production sends mails', () => {
    const SMTP_URL = 'smtp://mail.example.com';

    expect(problemsOf({ ...production, SMTP_URL })).toEqual(['MAIL_FROM: is required in production beside SMTP_URL']);
    expect(parseConfig({ ...production, SMTP_URL, MAIL_FROM: 'a@plinth.example' }).mail.smtpUrl).toBe(SMTP_URL);
    expect(parseConfig(production).mail.smtpUrl).toBeUndefined();
    expect(parseConfig({ SMTP_URL }).mail.smtpUrl).toBe(SMTP_URL);
  });

  it.each(['smtp://', 'smtps:', 'smtp:///path'])('has no server at %s', (SMTP_URL) => {
    expect(problemsOf({ SMTP_URL })).toEqual(['SMTP_URL: must name a host']);
  });

  it('has no server of another kind', () => {
    expect(problemsOf({ SMTP_URL: 'https://mail.example.com' })).toEqual([
      'SMTP_URL: must be an smtp:// or smtps:// URL',
    ]);
  });
});
