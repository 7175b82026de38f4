import { describe, expect, it } from '@jest/globals';
import { sharedApp } from '../../harness/app/app.ts';

const { api, factory, database } = await sharedApp();

interface Ending {
  readonly killed: boolean;
  readonly reason: string | null;
}

/** The sessions of this user with their revocation, oldest first. */
async function endingsOf(userId: string): Promise<Ending[]> {
  const { rows } = await database.pool.query<Ending>(
    `SELECT revoked_at IS NOT NULL AS killed, revoked_reason AS reason FROM sessions WHERE user_id = $1 ORDER BY id`,
    [userId],
  );
  return rows;
}

describe('DELETE /v1/users/{id}', () => {
  it('revokes every session of the user and none of other users', async () => {
    const admin = await factory.admin();
    const user = await factory.user();
    const bystander = await factory.user();
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

  it('leaves an ended session unchanged', async () => {
    const admin = await factory.admin();
    const user = await factory.user();
    await api.as(user).post('/v1/auth/logout');

    await api.as(admin).delete(`/v1/users/${user.id}`);

    expect(await endingsOf(user.id)).toEqual([{ killed: true, reason: 'logout' }]);
  });

  it('revokes nothing when it is rejected', async () => {
    const user = await factory.user();
    const caller = await factory.user({ roles: [] });
    await api.tokensOf(user);

    expect(await api.as(caller).delete(`/v1/users/${user.id}`, { 'If-Match': '*' })).toBeProblem('forbidden', 403);

    expect(await endingsOf(user.id)).toEqual([{ killed: false, reason: null }]);
  });
});

describe('POST /v1/auth/logout', () => {
  it('revokes the given session and no other of the user', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    await api.logIn(user);

    await api.as(user).post('/v1/auth/logout');

    expect(await endingsOf(user.id)).toEqual([
      { killed: true, reason: 'logout' },
      { killed: false, reason: null },
    ]);
  });
});
