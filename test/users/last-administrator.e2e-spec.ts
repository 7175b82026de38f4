import { beforeEach, describe, expect, it } from '@jest/globals';
import { startApp } from '../harness/app/app.ts';

const { api, factory, database } = await startApp();

async function administrators(): Promise<number> {
  const { rows } = await database.pool.query<{ count: string }>(
    `SELECT count(*) FROM users WHERE roles @> ARRAY['admin'] AND deleted_at IS NULL AND disabled_at IS NULL`,
  );
  return Number(rows[0]?.count);
}

/** Tests leave administrators. */
beforeEach(async () => {
  await database.pool.query(`UPDATE users SET roles = '{user}'`);
});

describe('The last administrator', () => {
  it('cannot be deleted', async () => {
    const admin = await factory.admin();

    expect(await api.as(admin).delete(`/v1/users/${admin.id}`, { 'If-Match': '*' })).toBeProblem(
      'last-administrator',
      409,
    );

    expect(await administrators()).toBe(1);
  });

  it('cannot delete the own account', async () => {
    const asAdmin = api.as(await factory.admin());

    expect(await asAdmin.delete('/v1/users/me', { 'If-Match': '"9"' })).toBeProblem('precondition-failed', 412);
    expect(await asAdmin.delete('/v1/users/me', { 'If-Match': '*' })).toBeProblem('last-administrator', 409);
    expect((await asAdmin.get('/v1/users/me')).status).toBe(200);
  });

  it('is the last one although others cannot log in', async () => {
    const admin = await factory.admin();
    await factory.admin({ verified: false });
    const passwordless = await factory.admin();
    await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [passwordless.id]);

    expect(await api.as(admin).delete(`/v1/users/${admin.id}`, { 'If-Match': '*' })).toBeProblem(
      'last-administrator',
      409,
    );
  });

  it('cannot be disabled by another one who cannot log in', async () => {
    const [last, passwordless] = [await factory.admin(), await factory.admin()];
    await api.tokensOf(passwordless);
    await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [passwordless.id]);

    expect(await api.as(passwordless).post(`/v1/users/${last.id}/disable`)).toBeProblem('last-administrator', 409);
  });

  it('stays when two administrators disable each other concurrently', async () => {
    const [one, two] = [await factory.admin(), await factory.admin()];
    await Promise.all([api.tokensOf(one), api.tokensOf(two)]);

    const responses = await Promise.all([
      api.as(one).post(`/v1/users/${two.id}/disable`),
      api.as(two).post(`/v1/users/${one.id}/disable`),
    ]);

    expect(await administrators()).toBe(1);
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('stays when two administrators remove each other concurrently', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [one, two] = [await factory.admin(), await factory.admin()];
      await Promise.all([api.tokensOf(one), api.tokensOf(two)]);

      const responses = await Promise.all([
        api.as(one).patch(`/v1/users/${two.id}`, { roles: ['user'] }, { 'If-Match': '*' }),
        api.as(two).delete(`/v1/users/${one.id}`, { 'If-Match': '*' }),
      ]);

      expect(await administrators()).toBe(1);
      expect(responses.filter(({ status }) => status < 300)).toHaveLength(1);
      await database.pool.query(`UPDATE users SET roles = '{user}'`);
    }
  });
});
