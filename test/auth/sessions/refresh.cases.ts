import { describe, expect, it } from '@jest/globals';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const { api, factory, database } = await sharedApp();

async function session(): Promise<Tokens & { readonly userId: string }> {
  const user = await factory.user();
  return { ...(await api.logIn(user)), userId: user.id };
}

const refresh = async (refreshToken: string): Promise<ApiResponse> =>
  await api.post('/v1/auth/refresh', { refreshToken });
const successorOf = (response: ApiResponse): string => (response.body as Tokens).refreshToken;

/** Moves every use of a token past the reuse interval. */
async function passReuseInterval(): Promise<void> {
  await database.pool.query(`UPDATE refresh_tokens SET used_at = used_at - interval '11 s'`);
}

describe('POST /v1/auth/refresh', () => {
  it('exchanges a refresh token for a valid new pair', async () => {
    const { refreshToken } = await session();

    const response = await refresh(refreshToken);

    expect(response).toMatchObject({ status: 200, body: { tokenType: 'Bearer', expiresIn: 600 } });
    const { accessToken } = response.body as Tokens;
    expect(successorOf(response)).not.toBe(refreshToken);
    expect((await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).status).toBe(200);
  });

  it('returns the same successor within the reuse interval', async () => {
    const { refreshToken } = await session();
    const first = await refresh(refreshToken);

    const second = await refresh(refreshToken);

    expect(second.status).toBe(200);
    expect(successorOf(second)).toBe(successorOf(first));
  });

  it('creates one generation for twenty concurrent calls', async () => {
    const { refreshToken, userId } = await session();

    const responses = await Promise.all(Array.from({ length: 20 }, async () => await refresh(refreshToken)));

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(responses.map(successorOf)).size).toBe(1);
    const { rows } = await database.pool.query<{ generations: string }>(
      `SELECT count(*) AS generations FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1`,
      [userId],
    );
    expect(rows[0]?.generations).toBe('2');
  });

  it('revokes the session when a token is reused after the reuse interval', async () => {
    const { refreshToken, accessToken, userId } = await session();
    const child = successorOf(await refresh(refreshToken));
    await passReuseInterval();

    const response = await refresh(refreshToken);

    expect(response).toBeProblem('invalid-refresh-token', 401);
    expect(await refresh(child)).toBeProblem('invalid-refresh-token', 401);
    expect(await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).toBeProblem(
      'unauthenticated',
      401,
    );
    expect(await factory.auditEvents({ subjectId: userId })).toContainEqual(
      expect.objectContaining({ event: 'authn_token_reuse', outcome: 'failure' }),
    );
  });

  it('notifies the user once by email of a session revoked for reuse', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.logIn(user);
    await refresh(refreshToken);
    await passReuseInterval();

    await Promise.all(Array.from({ length: 5 }, async () => await refresh(refreshToken)));

    const { body } = await api.get(`/dev/mailbox?to=${user.email}`);
    expect(body).toMatchObject({ data: [{ subject: 'A session of your account was ended', links: [] }] });
  });

  it('merges notifications of reuse within five minutes into one, and drops none', async () => {
    const user = await factory.user();
    const reuse = async (): Promise<void> => {
      const { refreshToken } = await api.logIn(user);
      for (const token of [refreshToken, successorOf(await refresh(refreshToken)), refreshToken]) await refresh(token);
    };
    const notifications = async (): Promise<unknown[]> => {
      const { rows } = await database.pool.query<{ delay: number | null }>(
        `SELECT round(extract(epoch FROM j.run_at - first.sent_at))::int AS delay
         FROM mails m JOIN jobs j ON j.payload->>'mailId' = m.id::text
         LEFT JOIN mails first ON first.recipient = m.recipient AND first.sent_at IS NOT NULL AND first.id < m.id
         WHERE m.recipient = $1 ORDER BY m.id`,
        [user.email],
      );
      return rows.map(({ delay }) => delay);
    };
    await reuse();
    await waitUntil('the first notification is sent', async () => {
      const { rows } = await database.pool.query('SELECT 1 FROM mails WHERE recipient = $1 AND sent_at IS NOT NULL', [
        user.email,
      ]);
      return rows.length === 1;
    });

    for (let time = 0; time < 3; time += 1) await reuse();

    expect(await notifications()).toEqual([null, 300]);
  });

  it('revokes the session when the token before the last one is reused, even at once', async () => {
    const { refreshToken } = await session();
    const child = successorOf(await refresh(refreshToken));
    const grandchild = successorOf(await refresh(child));

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
    expect(await refresh(grandchild)).toBeProblem('invalid-refresh-token', 401);
  });

  it('rejects a token past the idle timeout without recording reuse', async () => {
    const { refreshToken, userId } = await session();
    await database.pool.query(
      `UPDATE refresh_tokens SET expires_at = now() WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)`,
      [userId],
    );

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
    expect(await factory.auditEvents({ event: 'authn_token_reuse', subjectId: userId })).toEqual([]);
  });

  it('rejects a token of a session past its absolute timeout', async () => {
    const { refreshToken, userId } = await session();
    await database.pool.query('UPDATE sessions SET expires_at = now() WHERE user_id = $1', [userId]);

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
  });

  it('rejects a token of a disabled user', async () => {
    const { refreshToken, userId } = await session();
    await database.pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [userId]);

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
  });

  it.each(['rt_', `rt_${'A'.repeat(43)}`, 'x'.repeat(128)])('rejects %s', async (refreshToken) => {
    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
  });
});
