import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';

const { api, given, database } = await start();

interface Ending {
  readonly killed: boolean;
  readonly reason: string | null;
}

/** How the sessions of this user stand, oldest first. */
async function endingsOf(userId: string): Promise<Ending[]> {
  const { rows } = await database.pool.query<Ending>(
    `SELECT killed_at IS NOT NULL AS killed, killed_reason AS reason FROM sessions WHERE user_id = $1 ORDER BY id`,
    [userId],
  );
  return rows;
}

describe('DELETE /v1/users/{id}', () => {
  it('ends every session of the user and nobody else’s', async () => {
    const admin = await given.admin();
    const user = await given.user();
    const bystander = await given.user();
    await api.tokensOf(bystander);
    const first = await api.logIn(user);
    await api.logIn(user);

    expect((await api.as(admin).delete(`/v1/users/${user.id}`, { 'If-Match': '*' })).status).toBe(204);

    const ended = { killed: true, reason: 'user_deleted' };
    expect(await endingsOf(user.id)).toEqual([ended, ended]);
    expect(await endingsOf(bystander.id)).toEqual([{ killed: false, reason: null }]);
    const { refreshToken } = first;
    expect(await api.post('/v1/auth/refresh', { refreshToken })).toBeProblem('invalid-refresh-token', 401);
  });

  it('leaves a session that was over as it ended', async () => {
    const admin = await given.admin();
    const user = await given.user();
    await api.as(user).post('/v1/auth/logout');

    await api.as(admin).delete(`/v1/users/${user.id}`);

    expect(await endingsOf(user.id)).toEqual([{ killed: true, reason: 'logout' }]);
  });

  it('ends nothing when it is refused', async () => {
    const user = await given.user();
    const caller = await given.user();
    await api.tokensOf(user);

    expect(await api.as(caller).delete(`/v1/users/${user.id}`, { 'If-Match': '*' })).toBeProblem('forbidden', 403);

    expect(await endingsOf(user.id)).toEqual([{ killed: false, reason: null }]);
  });
});

describe('POST /v1/auth/logout', () => {
  it('ends the session that is named and no other of the user', async () => {
    const user = await given.user();
    await api.tokensOf(user);
    await api.logIn(user);

    await api.as(user).post('/v1/auth/logout');

    expect(await endingsOf(user.id)).toEqual([
      { killed: true, reason: 'logout' },
      { killed: false, reason: null },
    ]);
  });
});
