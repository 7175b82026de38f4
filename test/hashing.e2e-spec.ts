import { describe, expect, it } from '@jest/globals';
import { availableParallelism } from 'node:os';
import { start } from './support/app.ts';

const { api, given } = await start();

/** More than run at once and wait together. */
const storm = availableParallelism() + 260;

describe('a storm of logins', () => {
  it('is told to come back later beyond the queue, and the rest are answered', async () => {
    const { email, password } = await given.user();

    const replies = await Promise.all(
      Array.from({ length: storm }, async (_, index) => {
        const login = index % 2 === 0 ? { email, password } : { email, password: 'not the password at all' };
        return { expected: index % 2 === 0 ? 200 : 401, ...(await api.post('/v1/auth/login', login)) };
      }),
    );

    const refused = replies.filter(({ status }) => status === 503);
    const answered = replies.filter(({ status }) => status !== 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const reply of refused) {
      expect(reply).toBeProblem('too-many-logins', 503);
      expect(reply.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    expect(answered.length).toBeGreaterThanOrEqual(100);
    for (const { status, expected } of answered) expect(status).toBe(expected);
    expect((await api.post('/v1/auth/login', { email, password })).status).toBe(200);
  });
});
