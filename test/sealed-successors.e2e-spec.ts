import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';
import { until } from './support/running.ts';

const { api, given, database } = await start({ AUTH_REFRESH_GRACE_SECONDS: '2' });

describe('The sealed successor of a refresh token', () => {
  it('is kept for the grace, and forgotten soon behind it while nobody touches the session', async () => {
    const user = await given.user();
    const { refreshToken } = await api.tokensOf(user);
    expect((await api.post('/v1/auth/refresh', { refreshToken })).status).toBe(200);
    const seen = new Set<boolean>();

    await until('it is forgotten', async () => {
      const { rows } = await database.pool.query<{ sealed: boolean; over: boolean }>(
        `SELECT sealed_child IS NOT NULL AS sealed, used_at < now() - interval '2 seconds' AS over
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE user_id = $1 AND used_at IS NOT NULL`,
        [user.id],
      );
      const [{ sealed, over } = { sealed: true, over: false }] = rows;
      if (!over) seen.add(sealed);
      return !sealed;
    });

    expect(seen).not.toContain(false);
  });
});
