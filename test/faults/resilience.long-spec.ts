import { describe, expect, it } from '@jest/globals';
import { runScenario } from '../harness/process/scenarios.ts';

/** With few faults, times say nothing: `npm run test:faults` checks the time limits. */
const timeoutMs = 240_000;

describe('Two instances that are restarted in turn under load', () => {
  it(
    'fail no request and exit with 0',
    async () => {
      const { figures } = await runScenario('rolling-restart', { rounds: 2, requests: 1000 });

      expect(figures).toMatchObject({ restarts: 2, failed: 0, 'users lost': 0, 'exit codes': 0, result: 'PASS' });
      expect(figures['requests']).toBeGreaterThanOrEqual(1000);
    },
    timeoutMs,
  );
});

describe('A service whose PostgreSQL is stopped under load', () => {
  it(
    'continues when it returns, and loses and doubles no acknowledged write',
    async () => {
      const { figures } = await runScenario('postgres-stop', { rounds: 2 });

      expect(figures).toMatchObject({ stops: 2, 'keys lost': 0, 'keys doubled': 0, 'jobs lost': 0, 'jobs doubled': 0 });
      expect(figures).toMatchObject({ 'processes that ended': 0, 'exit codes': '0, 0', result: 'PASS' });
    },
    timeoutMs,
  );
});

describe('A service that receives twice the requests that it can serve', () => {
  it(
    'serves or refuses each of them, and responds to probes',
    async () => {
      const { figures } = await runScenario('overload', { rounds: 5 });

      expect(figures).toMatchObject({ 'failed probes': 0, 'exit code': 0, result: 'PASS' });
      expect(figures['refused']).toBeGreaterThan(0);
    },
    timeoutMs,
  );
});

describe('A service on a bad network', () => {
  it(
    'responds with documented problems, and loses and doubles nothing',
    async () => {
      const { figures } = await runScenario('bad-network', { rounds: 1 });

      expect(figures).toMatchObject({
        faults: 24,
        'keys lost': 0,
        'keys doubled': 0,
        'jobs lost': 0,
        'jobs doubled': 0,
      });
      expect(figures).toMatchObject({ 'emails lost': 0, 'emails doubled': 0, 'exit codes': '0, 0', result: 'PASS' });
    },
    timeoutMs * 2,
  );
});
