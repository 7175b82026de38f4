import { beforeAll, describe, expect, it } from '@jest/globals';
import { startApp } from '../harness/app/app.ts';
import { sendExample, operationsWhere } from '../harness/openapi/example-requests.ts';

const { api, factory } = await startApp({ RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW_SECONDS: '86400' });
const { accessToken: token } = await api.tokensOf(await factory.admin());

/** From now on the limits of this IP address and this user are used up. */
beforeAll(async () => {
  await api.get('/problems');
  await api.get('/v1/users/me', { Authorization: `Bearer ${token}` });
});

describe('Every rate-limited operation', () => {
  it.each(operationsWhere(({ responses }) => 429 in responses))(
    'returns 429 beyond the limit: %s',
    async (_name, operation) => {
      const reply = await sendExample(operation, { baseUrl: api.baseUrl, token });

      expect(reply).toBeProblem('too-many-requests', 429);
      expect(reply.headers['retry-after']).toMatch(/^\d+$/);
    },
  );
});
