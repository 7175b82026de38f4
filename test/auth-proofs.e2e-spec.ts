import { describe, expect, it } from '@jest/globals';
import { prove } from './support/proofs.ts';

/** The scenarios of `npm run prove` that are about logins, in short: their verdicts on time are for long runs to show. */
const timeoutMs = 180_000;
const onlyOnce = '1 spent, 0 twice';

describe('Tokens, guesses and logins that race on two processes', () => {
  it(
    'fork, spend and let in nothing twice, and lock nobody out',
    async () => {
      const { figures } = await prove('auth-races', { rounds: 2 });

      expect(figures).toMatchObject({
        'new generations': 2,
        'refreshes refused': 0,
        'sessions lost to them': 0,
        'verify-email × 50 × 1': onlyOnce,
        'reset-password × 50 × 1': onlyOnce,
        'invitation × 50 × 1': onlyOnce,
        'email-change × 50 × 1': onlyOnce,
        'guesses at once': 100,
        'guesses looked at': 5,
        'logins at once to one account': expect.stringMatching(/^20 in, 0 locked out,/),
        'logins at once to as many': expect.stringMatching(/^20 in, 0 locked out,/),
        'sessions whose used token came back': 1,
        'refreshes that succeeded behind it': 0,
        'sessions ended under load': 2,
        'of them let in at last': 0,
        verdict: 'HOLDS',
      });
      expect(figures).toHaveProperty('in time');
    },
    timeoutMs,
  );
});

describe('The times of answers about known and unknown addresses', () => {
  it(
    'are compared',
    async () => {
      const { figures } = await prove('auth-timing', { rounds: 5 });

      for (const name of ['login', 'register', 'forgot', 'login behind dearer hashes'])
        expect(figures[`${name}, known against unknown`]).toMatch(/^AUC [01]\.\d{3} of 5 \+ 5;/);
    },
    timeoutMs,
  );
});
