import { describe, expect, it } from '@jest/globals';
import { runScenario } from '../harness/process/scenarios.ts';

describe('A rotation of APP_SECRET under load', () => {
  it('fails no request, and ends neither sessions nor second factors, links and keys', async () => {
    const { figures } = await runScenario('secret-rotation', { rounds: 1, jobs: 2 });

    expect(figures).toMatchObject({
      rotations: 1,
      'processes restarted': 9,
      'exit codes': 0,
      'failed requests': 0,
      'refreshes of before that worked': 4,
      'links of before that worked': 4,
      'TOTP logins of before that worked': 4,
      'recovery codes of before that worked': 4,
      'cursors of before that worked': 3,
      'repeated keys of before that worked': 3,
      'keys doubled': 0,
      'exit codes of reencrypt': 0,
      result: 'PASS',
    });
  }, 400_000);
});
