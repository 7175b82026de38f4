import { describe, expect, it } from '@jest/globals';
import { runScenario } from '../harness/process/scenarios.ts';

/** With few rounds, time limits say nothing: `npm run test:faults` checks them. */
const timeoutMs = 180_000;
const onlyOnce = '1 redeemed, 0 twice';

describe('Concurrent refreshes, one-time tokens, guesses and logins on two processes', () => {
  it(
    'fork no session, redeem no token twice, accept no excess guess and lock out no user',
    async () => {
      const { figures } = await runScenario('auth-races', { rounds: 2 });

      expect(figures).toMatchObject({
        'new generations': 2,
        'refreshes rejected': 0,
        'sessions revoked': 0,
        'verify-email × 50 × 1': onlyOnce,
        'reset-password × 50 × 1': onlyOnce,
        'invitation × 50 × 1': onlyOnce,
        'email-change × 50 × 1': onlyOnce,
        'guesses at once': 100,
        'guesses verified': 5,
        'logins at once to one account': expect.stringMatching(/^20 succeeded, 0 locked out,/),
        'logins at once to as many accounts': expect.stringMatching(/^20 succeeded, 0 locked out,/),
        'sessions with a reused token': 1,
        'refreshes that succeeded after it': 0,
        'sessions revoked under load': 2,
        'of them accepted in the end': 0,
        result: 'PASS',
      });
      expect(figures).toHaveProperty('within time limits');
    },
    timeoutMs,
  );
});

describe('The response times for known and unknown email addresses', () => {
  it(
    'are compared',
    async () => {
      const { figures } = await runScenario('auth-timing', { rounds: 5 });

      for (const name of ['login', 'register', 'forgot', 'login after a raised hashing cost'])
        expect(figures[`${name}, known against unknown`]).toMatch(/^AUC [01]\.\d{3} of 5 \+ 5;/);
    },
    timeoutMs,
  );
});
