import { beforeAll, describe, expect, it } from '@jest/globals';
import { compileScenarios, runScenario } from '../harness/process/scenarios.ts';

/** One fault of each kind. `npm run test:long` runs all scenarios, test/faults/README.md lists them. */
const timeoutMs = 180_000;

beforeAll(compileScenarios, timeoutMs);

describe('The service', () => {
  it(
    'completes every job once after a worker is killed',
    async () => {
      const { figures } = await runScenario('worker-kill', { jobs: 10, rounds: 1 });

      expect(figures).toMatchObject({ kills: 1, lost: 0, doubled: 0 });
      expect(figures['effects']).toBe(figures['jobs']);
    },
    timeoutMs,
  );

  it(
    'has one effect and one response for each idempotency key after an API process is killed',
    async () => {
      const { code, figures } = await runScenario('api-kill', { jobs: 10, rounds: 1 });

      expect(figures).toMatchObject({ kills: 1, lost: 0, doubled: 0, 'keys with different responses': 0 });
      expect([figures['effects'], figures['records']]).toEqual([figures['keys'], figures['keys']]);
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});
