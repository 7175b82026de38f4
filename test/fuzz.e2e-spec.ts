import { describe, expect, it } from '@jest/globals';
import { prove } from './support/proofs.ts';

/** `npm run prove -- fuzz`, in short: the figures of long runs stand in prove/README.md. */
const timeoutMs = 180_000;

describe('Requests made from the document, valid and spoilt', () => {
  it(
    'are never answered 5xx, nor in a way that the document does not say',
    async () => {
      const { code, figures } = await prove('fuzz', { requests: 600 });

      expect(figures).toMatchObject({
        'answered 5xx': 0,
        'replies that the document does not say': 0,
        verdict: 'HOLDS',
      });
      expect(figures['requests']).toBeGreaterThanOrEqual(600);
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});
