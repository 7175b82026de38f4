import { describe, expect, it } from '@jest/globals';
import { bench } from './support/proofs.ts';

/** The benchmarks in short: that they run and compare like with like. What they measure is for long runs to show. */
const timeoutMs = 240_000;
const one = [expect.any(Number)];

describe('The benchmarks', () => {
  it(
    'hold HTTP against a ceiling that answers the same bytes',
    async () => {
      const size = { rounds: 1, seconds: 0.3, connections: 4, 'key-rounds': 1, boots: 1 };

      expect(await bench('http', size)).toMatchObject({
        me: { perSecond: { service: one, ceiling: one, rememberingCeiling: one } },
        list: { perSecond: { service: one, ceiling: one, rememberingCeiling: one } },
        keys: { keyed: one, unkeyed: one, replay: one, get: one },
      });
    },
    timeoutMs,
  );

  it(
    'hold a mixed load within the memory of a small container',
    async () => {
      const size = { minutes: 0.1, connections: 4, sessions: 20, users: 100 };

      expect(await bench('memory', size)).toMatchObject({
        exitCode: 0,
        residentMib: { idle: expect.any(Number), most: expect.any(Number) },
        answers: expect.objectContaining({ 'GET /v1/users/me 200': expect.any(Number) }),
      });
    },
    timeoutMs,
  );

  it(
    'let a crowd log in, and refuse nobody without saying when to come again',
    async () => {
      expect(await bench('storm', { logins: 6, seconds: 0.5 })).toMatchObject({ withoutRetryAfter: 0 });
    },
    timeoutMs,
  );
});
