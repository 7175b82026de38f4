import { describe, expect, it } from '@jest/globals';
import { availableParallelism } from 'node:os';
import { startApp } from '../../harness/app/app.ts';
import { cheapestHashes } from '../../harness/app/environment.ts';

const { api, factory } = await startApp(cheapestHashes);

/** More than may run and wait together. */
const requests = availableParallelism() + 260;

describe('More concurrent logins than the queue of hashes holds', () => {
  it('get 503 with Retry-After beyond the queue, and succeed within it', async () => {
    const { email, password } = await factory.user();

    const responses = await Promise.all(
      Array.from({ length: requests }, async (_, index) => {
        const login = index % 2 === 0 ? { email, password } : { email, password: 'not the password at all' };
        return { expected: index % 2 === 0 ? 200 : 401, ...(await api.post('/v1/auth/login', login)) };
      }),
    );

    const refused = responses.filter(({ status }) => status === 503);
    const processed = responses.filter(({ status }) => status !== 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const response of refused) {
      expect(response).toBeProblem('server-overloaded', 503);
      expect(response.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    expect(processed.length).toBeGreaterThanOrEqual(100);
    for (const { status, expected } of processed) expect(status).toBe(expected);
    expect((await api.post('/v1/auth/login', { email, password })).status).toBe(200);
  });
});
