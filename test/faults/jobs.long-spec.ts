import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ScenarioOutput } from '../harness/process/scenarios.ts';
import { runScenario } from '../harness/process/scenarios.ts';

/** With few jobs and few faults, times say nothing: `npm run test:faults` checks the time limits. */
const timeoutMs = 180_000;
const nothingLost = { lost: 0, doubled: 0, result: 'PASS' };

/** Runs beside the others, because it waits for expiring leases most of the time. */
let poisoned: Promise<ScenarioOutput>;

beforeAll(() => {
  poisoned = runScenario('poison', { jobs: 20, rounds: 1 });
}, timeoutMs);

describe('A job whose API process is killed', () => {
  it(
    'is dispatched by another process',
    async () => {
      const { figures } = await runScenario('api-kill-enqueue', { jobs: 1, rounds: 2 });

      expect(figures).toMatchObject({ 'crashes between COMMIT and notification': 2, lost: 0, doubled: 0 });
      expect(figures['effects']).toBe(figures['jobs']);
    },
    timeoutMs,
  );

  it(
    'succeeds although notifications are lost',
    async () => {
      const { figures } = await runScenario('notification-loss', { jobs: 60, rounds: 2 });

      expect(figures).toMatchObject({ ...nothingLost, jobs: 60, effects: 60 });
    },
    timeoutMs,
  );
});

describe('A worker that is suspended after it has claimed jobs', () => {
  it(
    'does not prevent other workers from completing them and all others',
    async () => {
      const { figures } = await runScenario('claim-freeze', { jobs: 3, rounds: 1 });

      expect(figures).toMatchObject({ ...nothingLost, 'suspended workers': 1 });
      expect(figures['effects']).toBe(figures['jobs']);
    },
    timeoutMs,
  );
});

describe('A worker that is killed', () => {
  it(
    'has each of its jobs completed once by another worker',
    async () => {
      const { figures } = await runScenario('worker-kill', { jobs: 60, rounds: 4 });

      expect(figures).toMatchObject({ kills: 4, lost: 0, doubled: 0 });
      expect(figures['jobs']).toBeGreaterThanOrEqual(60);
      expect(figures['effects']).toBe(figures['jobs']);
    },
    timeoutMs,
  );
});

describe('An import whose worker is killed', () => {
  it(
    'creates each user once, and its report is complete',
    async () => {
      const { figures } = await runScenario('import-kill', { jobs: 12_000, rounds: 2 });

      expect(figures).toMatchObject({ kills: 2, rows: 12_000, lost: 0, doubled: 0, result: 'PASS' });
      expect(figures['attempts']).toBe(3);
    },
    timeoutMs,
  );
});

describe('A zombie worker', () => {
  it(
    'rolls back and logs "lease lost" when another worker has completed its job',
    async () => {
      const { figures } = await runScenario('zombie', { jobs: 4, rounds: 1 });

      expect(figures).toMatchObject({ ...nothingLost, zombies: 1, jobs: 4, effects: 4 });
      expect(figures['zombie attempts that ended with "lease lost"']).toBe(figures['jobs of zombies']);
    },
    timeoutMs,
  );
});

describe('A worker that gets SIGTERM', () => {
  it(
    'finishes what it can and releases the rest without spending an attempt',
    async () => {
      const { figures } = await runScenario('worker-stop', { jobs: 4, rounds: 1 });

      expect(figures).toMatchObject({
        ...nothingLost,
        'exit codes': 0,
        'jobs released': 2,
        'attempts spent by shutdowns': 0,
      });
      expect(figures['effects']).toBe(4);
    },
    timeoutMs,
  );
});

describe('A job that ends its process in every attempt', () => {
  it(
    'ends dead and prevents no other job',
    async () => {
      const { figures } = await poisoned;

      expect(figures).toMatchObject({ 'dead after their attempts': 1, 'attempts of a poisoned job': 5 });
      expect(figures).toMatchObject({ 'others lost': 0, doubled: 0, result: 'PASS' });
    },
    timeoutMs,
  );
});

describe('Jobs on Redis', () => {
  it.each(['redis-stop', 'redis-flush', 'redis-failover'])(
    'are neither lost nor doubled, and requests succeed: %s',
    async (name) => {
      const { figures } = await runScenario(name, { jobs: 80, rounds: 2 });

      expect(figures).toMatchObject({ ...nothingLost, outages: 2, jobs: 80, effects: 80 });
    },
    timeoutMs,
  );
});

describe('A service whose database connections are terminated under load', () => {
  it(
    'continues, returns 503 with Retry-After, and loses and doubles neither keys nor jobs',
    async () => {
      const { code, figures } = await runScenario('connection-cuts', { rounds: 20 });

      expect(figures).toMatchObject({
        'connections terminated one by one': 20,
        failovers: 1,
        'keys lost': 0,
        'keys doubled': 0,
        'jobs lost': 0,
        'jobs doubled': 0,
        'exit codes': '0, 0',
        result: 'PASS',
      });
      expect(figures['keys']).toBeGreaterThan(30);
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});
