import { beforeAll, describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';
import { sendExample, those } from './support/example-requests.ts';

const { api, given } = await start({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_SECONDS: '86400' });
const { accessToken: token } = await api.tokensOf(await given.admin());

/** From now on everything was asked from this address, and by this user, that may be. */
beforeAll(async () => {
  await api.get('/problems');
  await api.get('/v1/users/me', { Authorization: `Bearer ${token}` });
});

describe('Every operation that is counted', () => {
  it.each(those(({ responses }) => 429 in responses))('has its limit: %s', async (_name, operation) => {
    const reply = await sendExample(operation, { baseUrl: api.baseUrl, token });

    expect(reply).toBeProblem('too-many-requests', 429);
    expect(reply.headers['retry-after']).toMatch(/^\d+$/);
  });
});
