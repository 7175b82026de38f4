import { expect } from '@jest/globals';
import type { ApiResponse } from './api.ts';

/** Of simultaneous requests with one key, each response is the one success, its replay, or 409 with Retry-After. */
export function expectOneSuccess(replies: readonly ApiResponse[], success: number): void {
  const successes = replies.filter(({ status }) => status === success);
  const firsts = successes.filter(({ headers }) => headers['idempotency-replayed'] === undefined);
  expect(firsts).toHaveLength(1);
  expect([...new Set(successes.map(({ text }) => text))]).toHaveLength(1);
  for (const reply of replies.filter(({ status }) => status !== success)) {
    expect(reply).toBeProblem('idempotency-in-progress', 409);
    expect(reply.headers['retry-after']).toBe('1');
  }
}
