import { describe, expect, it } from '@jest/globals';
import { prove } from './support/proofs.ts';

/** The scenarios of `npm run prove`, in short: the figures of long runs stand in prove/README.md. */
const timeoutMs = 180_000;

describe('Requests with one key, fifty of them on two processes', () => {
  it(
    'I7: are executed once; each is answered as the first or 409',
    async () => {
      const { code, figures } = await prove('key-races', { jobs: 10, rounds: 50 });

      expect(figures).toMatchObject({
        requests: 500,
        'answered as the first': 10,
        'answered anything else': 0,
        effects: 10,
        doubled: 0,
        'keys with unequal answers': 0,
        verdict: 'HOLDS',
      });
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});

describe('An API that is killed', () => {
  it(
    'I12: has every acknowledged key done once, whatever was cut off',
    async () => {
      const { code, figures } = await prove('api-kill', { jobs: 40, rounds: 3 });

      expect(figures).toMatchObject({
        kills: 3,
        lost: 0,
        doubled: 0,
        'keys with unequal answers': 0,
        verdict: 'HOLDS',
      });
      expect([figures['effects'], figures['records']]).toEqual([figures['keys'], figures['keys']]);
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});
