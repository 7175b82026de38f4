import { describe, expect, it } from '@jest/globals';
import { runBenchmark } from '../harness/process/scenarios.ts';

/** With small loads, the figures say nothing: this checks that the benchmarks run and what they compare. */
const timeoutMs = 240_000;
const oneRound = [expect.any(Number)];

describe('The benchmarks', () => {
  it(
    'compare HTTP with servers that return the same bytes or the same bodies',
    async () => {
      const size = { rounds: 1, seconds: 0.3, connections: 4, 'key-rounds': 1, boots: 1 };
      const perServer = { service: oneRound, lean: oneRound, baseline: oneRound };
      const figures = { cpuMs: perServer, perSecond: perServer };

      expect(await runBenchmark('http', size)).toMatchObject({
        edge: figures,
        me: figures,
        list: figures,
        keys: { keyed: oneRound, unkeyed: oneRound, replay: oneRound, get: oneRound },
      });
    },
    timeoutMs,
  );

  it.each([
    ['PostgreSQL', [], null],
    ['Redis', ['--redis'], expect.any(String)],
  ])(
    'compare jobs with bare BullMQ on %s',
    async (_, flags, redis) => {
      expect(await runBenchmark('jobs', { jobs: 20, rounds: 1 }, flags)).toMatchObject({
        settings: expect.objectContaining({ redis }),
        exactlyOnce: oneRound,
        bareQueue: oneRound,
        throughputRatios: oneRound,
        transactionsPerJob: { exactlyOnce: expect.any(Number), bareQueue: expect.any(Number) },
        throughApi: oneRound,
        bareAdded: oneRound,
        startP50Ms: expect.any(Number),
      });
    },
    timeoutMs,
  );

  it(
    'compare GraphQL with a bare server that returns the same data',
    async () => {
      const perServer = { graphql: oneRound, bare: oneRound, rest: oneRound };

      expect(await runBenchmark('graphql', { rounds: 1, seconds: 0.3, connections: 4 })).toMatchObject({
        cpuMs: { users: perServer, auditEvents: perServer },
      });
    },
    timeoutMs,
  );

  it(
    'measure how cost grows with the number of rows',
    async () => {
      const { ms } = (await runBenchmark('growth', { sizes: '100,200', rounds: 1 })) as {
        ms: Record<string, number[]>;
      };

      expect(Object.keys(ms)).toContain('GET /v1/audit-events');
      for (const each of Object.values(ms)) expect(each).toEqual([expect.any(Number), expect.any(Number)]);
    },
    timeoutMs,
  );

  it(
    'compare requests with and without idempotency keys',
    async () => {
      expect(await runBenchmark('keys', { requests: 16, rounds: 1, connections: 4 })).toMatchObject({
        settings: { requests: 16, rounds: 1, connections: 4 },
        perSecond: {
          keyed: oneRound,
          unkeyed: oneRound,
          keyedInvitation: oneRound,
          unkeyedInvitation: oneRound,
          replay: oneRound,
          get: oneRound,
        },
      });
    },
    timeoutMs,
  );

  it(
    'run a mixed load within the memory of a small container',
    async () => {
      const size = { minutes: 0.1, connections: 4, sessions: 20, users: 100 };

      expect(await runBenchmark('memory', size)).toMatchObject({
        exitCode: 0,
        residentMib: { idle: expect.any(Number), most: expect.any(Number) },
        responses: expect.objectContaining({ 'GET /v1/users/me 200': expect.any(Number) }),
      });
    },
    timeoutMs,
  );

  it(
    'log in many users at once, and each rejected login has a Retry-After',
    async () => {
      expect(await runBenchmark('login-load', { logins: 6, seconds: 0.5 })).toMatchObject({ withoutRetryAfter: 0 });
    },
    timeoutMs,
  );
});
