import { describe, expect, it } from '@jest/globals';
import { runScenario } from '../harness/process/scenarios.ts';

describe('A copy of a server under load', () => {
  it('is restored with every acknowledged job, each of which has one effect', async () => {
    const { figures } = await runScenario('restore-drill', { jobs: 20 });

    expect(figures).toMatchObject({ lost: 0, doubled: 0, 'readiness of the restored service': 200, result: 'PASS' });
    expect(figures['effects']).toBe(figures['jobs in the copy']);
  }, 400_000);
});
