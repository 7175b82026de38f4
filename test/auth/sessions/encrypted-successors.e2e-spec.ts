import { describe, expect, it } from '@jest/globals';
import { startApp } from '../../harness/app/app.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const { api, factory, database } = await startApp({ AUTH_REFRESH_TOKEN_REUSE_INTERVAL_SECONDS: '2' });

describe('The encrypted successor of a refresh token', () => {
  it('is stored for the reuse interval and deleted soon after it without further requests', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.tokensOf(user);
    expect((await api.post('/v1/auth/refresh', { refreshToken })).status).toBe(200);
    const seen = new Set<boolean>();

    await waitUntil('it is deleted', async () => {
      const { rows } = await database.pool.query<{ encrypted: boolean; over: boolean }>(
        `SELECT encrypted_successor IS NOT NULL AS encrypted, used_at < now() - interval '2 seconds' AS over
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE user_id = $1 AND used_at IS NOT NULL`,
        [user.id],
      );
      const [{ encrypted, over } = { encrypted: true, over: false }] = rows;
      if (!over) seen.add(encrypted);
      return !encrypted;
    });

    expect(seen).not.toContain(false);
  });
});
