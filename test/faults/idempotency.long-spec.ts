import { describe, expect, it } from '@jest/globals';
import { runScenario } from '../harness/process/scenarios.ts';

const timeoutMs = 180_000;

describe('Fifty requests with one key on two processes', () => {
  it(
    'are executed once and get the first response or 409',
    async () => {
      const { code, figures } = await runScenario('key-races', { jobs: 10, rounds: 50 });

      expect(figures).toMatchObject({
        requests: 500,
        executed: 10,
        'other responses': 0,
        effects: 10,
        doubled: 0,
        'keys with different responses': 0,
        result: 'PASS',
      });
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});

describe('An API process that is killed', () => {
  it(
    'leaves one effect for each acknowledged key',
    async () => {
      const { code, figures } = await runScenario('api-kill', { jobs: 40, rounds: 3 });

      expect(figures).toMatchObject({
        kills: 3,
        lost: 0,
        doubled: 0,
        'keys with different responses': 0,
        result: 'PASS',
      });
      expect([figures['effects'], figures['records']]).toEqual([figures['keys'], figures['keys']]);
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});
