import { describe, expect, it } from '@jest/globals';
import { runScenario } from '../harness/process/scenarios.ts';

const timeoutMs = 180_000;

describe('Requests generated from the OpenAPI document, valid and invalid', () => {
  it(
    'get no 5xx and no undocumented response',
    async () => {
      const { code, figures } = await runScenario('fuzz', { requests: 600 });

      expect(figures).toMatchObject({ 'responses with 5xx': 0, 'undocumented responses': 0, result: 'PASS' });
      expect(figures['requests']).toBeGreaterThanOrEqual(600);
      expect(code).toBe(0);
    },
    timeoutMs,
  );
});
