import { describe, expect, it } from '@jest/globals';
import { errorsOf, production } from '../../../test/harness/app/config.ts';
import { parseConfig } from './config.ts';
import type { RawEnvironment } from './environment.ts';

describe('The OWASP minimum of argon2id', () => {
  const settings = (memoryKib: number, iterations: number): RawEnvironment => ({
    AUTH_ARGON2_MEMORY_KIB: String(memoryKib),
    AUTH_ARGON2_ITERATIONS: String(iterations),
  });

  it.each([
    [47104, 1],
    [19456, 2],
    [12288, 3],
    [9216, 4],
    [7168, 5],
  ])('allows %i KiB with %i iterations and neither less', (memoryKib, iterations) => {
    const belowMinimum =
      'AUTH_ARGON2_MEMORY_KIB: is below the OWASP minimum for this number of iterations (19456 KiB with 2 iterations)';

    expect(parseConfig(settings(memoryKib, iterations)).auth).toMatchObject({
      argon2MemoryKib: memoryKib,
      argon2Iterations: iterations,
    });
    // One KiB below the lowest row is outside of the variable's own range already.
    const below =
      memoryKib === 7168 ? 'AUTH_ARGON2_MEMORY_KIB: must be a whole number from 7168 to 4194304' : belowMinimum;
    expect(errorsOf(settings(memoryKib - 1, iterations))).toContain(below);
    if (iterations > 1) expect(errorsOf(settings(memoryKib, iterations - 1))).toContain(belowMinimum);
  });
});

describe('The concurrency of a worker', () => {
  const problem = 'WORKER_CONCURRENCY: twice as many jobs must be fewer than the connections of DATABASE_POOL_MAX';

  it.each([
    ['5', '10'],
    ['5', '9'],
    ['100', '200'],
    ['6', ''],
  ])('may not be %s per queue with a pool of %j', (WORKER_CONCURRENCY, DATABASE_POOL_MAX) => {
    expect(errorsOf({ WORKER_CONCURRENCY, DATABASE_POOL_MAX })).toEqual([problem]);
    expect(errorsOf({ WORKER_CONCURRENCY, DATABASE_POOL_MAX, WORKER: 'inline' })).toEqual([problem]);
    expect(parseConfig({ WORKER_CONCURRENCY, DATABASE_POOL_MAX, WORKER: 'off' }).queue.inline).toBe(false);
  });

  it.each([
    ['5', '11'],
    ['1', '3'],
    ['', ''],
  ])('may be %j per queue with a pool of %j', (WORKER_CONCURRENCY, DATABASE_POOL_MAX) => {
    expect(parseConfig({ WORKER_CONCURRENCY, DATABASE_POOL_MAX }).queue.inline).toBe(true);
  });
});

describe('The sender of emails', () => {
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
  ])('is rejected when it is not one mailbox: %s', (MAIL_FROM) => {
    expect(errorsOf({ MAIL_FROM })).toEqual(['MAIL_FROM: must be one mailbox, such as Plinth <no-reply@example.com>']);
  });

  it('may not be @localhost in production with SMTP_URL', () => {
    const SMTP_URL = 'smtp://mail.example.com';

    expect(errorsOf({ ...production, SMTP_URL })).toEqual([
      'MAIL_FROM: is required in production when SMTP_URL is set',
    ]);
    expect(parseConfig({ ...production, SMTP_URL, MAIL_FROM: 'a@plinth.example' }).mail.smtpUrl).toBe(SMTP_URL);
    expect(parseConfig(production).mail.smtpUrl).toBeUndefined();
    expect(parseConfig({ SMTP_URL }).mail.smtpUrl).toBe(SMTP_URL);
  });

  it.each(['smtp://', 'smtps:', 'smtp:///path'])('requires a host in SMTP_URL: %s', (SMTP_URL) => {
    expect(errorsOf({ SMTP_URL })).toEqual(['SMTP_URL: must name a host']);
  });

  it('rejects SMTP_URL with another scheme', () => {
    expect(errorsOf({ SMTP_URL: 'https://mail.example.com' })).toEqual([
      'SMTP_URL: must be an smtp:// or smtps:// URL',
    ]);
  });
});
