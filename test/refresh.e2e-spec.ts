import { describe, expect, it } from '@jest/globals';
import type { Reply, Tokens } from './support/api.ts';
import { start } from './support/app.ts';

const { api, given, database } = await start();

async function session(): Promise<Tokens & { readonly userId: string }> {
  const user = await given.user();
  return { ...(await api.logIn(user)), userId: user.id };
}

const refresh = async (refreshToken: string): Promise<Reply> => await api.post('/v1/auth/refresh', { refreshToken });
const childOf = (reply: Reply): string => (reply.body as Tokens).refreshToken;

/** Lets the grace of every used token be over. */
async function passGrace(): Promise<void> {
  await database.pool.query(`UPDATE refresh_tokens SET used_at = used_at - interval '11 s'`);
}

describe('POST /v1/auth/refresh', () => {
  it('exchanges a refresh token for a new pair that works', async () => {
    const { refreshToken } = await session();

    const reply = await refresh(refreshToken);

    expect(reply).toMatchObject({ status: 200, body: { tokenType: 'Bearer', expiresIn: 600 } });
    const { accessToken } = reply.body as Tokens;
    expect(childOf(reply)).not.toBe(refreshToken);
    expect((await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).status).toBe(200);
  });

  it('repeats the same child within the grace', async () => {
    const { refreshToken } = await session();
    const first = await refresh(refreshToken);

    const second = await refresh(refreshToken);

    expect(second.status).toBe(200);
    expect(childOf(second)).toBe(childOf(first));
  });

  it('makes one generation of twenty calls at once', async () => {
    const { refreshToken, userId } = await session();

    const replies = await Promise.all(Array.from({ length: 20 }, async () => await refresh(refreshToken)));

    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(replies.map(childOf)).size).toBe(1);
    const { rows } = await database.pool.query<{ generations: string }>(
      `SELECT count(*) AS generations FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1`,
      [userId],
    );
    expect(rows[0]?.generations).toBe('2');
  });

  it('ends the session when a used token comes back after the grace', async () => {
    const { refreshToken, accessToken, userId } = await session();
    const child = childOf(await refresh(refreshToken));
    await passGrace();

    const reply = await refresh(refreshToken);

    expect(reply).toBeProblem('invalid-refresh-token', 401);
    expect(await refresh(child)).toBeProblem('invalid-refresh-token', 401);
    expect(await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).toBeProblem(
      'unauthenticated',
      401,
    );
    expect(await given.auditEvents({ subjectId: userId })).toContainEqual(
      expect.objectContaining({ event: 'authn_token_reuse', outcome: 'failure' }),
    );
  });

  it('tells the user once by mail that a session was ended for reuse', async () => {
    const user = await given.user();
    const { refreshToken } = await api.logIn(user);
    await refresh(refreshToken);
    await passGrace();

    await Promise.all(Array.from({ length: 5 }, async () => await refresh(refreshToken)));

    const { body } = await api.get(`/dev/mailbox?to=${user.email}`);
    expect(body).toMatchObject({ data: [{ subject: 'A session of your account was ended', links: [] }] });
  });

  it('ends the session when a grandparent comes back, however soon', async () => {
    const { refreshToken } = await session();
    const child = childOf(await refresh(refreshToken));
    const grandchild = childOf(await refresh(child));

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
    expect(await refresh(grandchild)).toBeProblem('invalid-refresh-token', 401);
  });

  it('refuses an idle token without a trace of reuse', async () => {
    const { refreshToken, userId } = await session();
    await database.pool.query(
      `UPDATE refresh_tokens SET expires_at = now() WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)`,
      [userId],
    );

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
    expect(await given.auditEvents({ event: 'authn_token_reuse', subjectId: userId })).toEqual([]);
  });

  it('refuses when the session is past its absolute end', async () => {
    const { refreshToken, userId } = await session();
    await database.pool.query('UPDATE sessions SET expires_at = now() WHERE user_id = $1', [userId]);

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
  });

  it('refuses a disabled user', async () => {
    const { refreshToken, userId } = await session();
    await database.pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [userId]);

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
  });

  it.each(['rt_', `rt_${'A'.repeat(43)}`, 'x'.repeat(128)])('refuses %s', async (refreshToken) => {
    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);
  });
});
