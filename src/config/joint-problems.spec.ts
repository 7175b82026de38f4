import { describe, expect, it } from '@jest/globals';
import { problemsOf, production } from '../../test/support/config.ts';
import { parseConfig } from './config.ts';
import type { RawEnvironment } from './environment.ts';

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
