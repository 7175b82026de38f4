import { describe, expect, it } from '@jest/globals';
import { startApp } from '../harness/app/app.ts';
import type { ExitResult } from '../harness/process/command.ts';
import { command, tokenIn } from '../harness/process/command.ts';

const { api, factory, database, invalidationsDelivered } = await startApp();

const password = 'a very long first password';
const run = async (...args: string[]): Promise<ExitResult> => await command(database.url, 'create-admin', ...args);

describe('npm run create-admin -- create', () => {
  it('prints another link and revokes the unused first one', async () => {
    const first = tokenIn((await run('create', 'twice@example.com')).stdout);
    const second = tokenIn((await run('create', 'Twice@example.com')).stdout);

    const reset = async (token: string): Promise<number> =>
      (await api.post('/v1/auth/password/reset', { token, newPassword: password })).status;
    expect([await reset(first), await reset(second)]).toEqual([400, 204]);
  });

  it('makes an existing user an administrator and leaves the password unchanged', async () => {
    const user = await factory.user({ roles: [] });
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);

    const { code, stdout } = await run('create', user.email);
    await invalidationsDelivered();

    expect({ code, link: tokenIn(stdout) }).toEqual({ code: 0, link: '' });
    expect((await api.as(user).get('/v1/users')).status).toBe(200);
    expect((await api.logIn(user)).accessToken).toBeTruthy();
  });

  it('gives no role to a disabled account', async () => {
    const disabled = await factory.user({ verified: false, disabled: true });

    const { code, stderr } = await run('create', disabled.email);

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `plinth: ${disabled.email} has a disabled account: enable it or delete it first\n`,
    });
    const { rows } = await database.pool.query('SELECT roles FROM users WHERE id = $1', [disabled.id]);
    expect(rows).toEqual([{ roles: ['user'] }]);
  });
});

describe('npm run create-admin -- link', () => {
  it('prints a single-use link that sets a new password, and records it', async () => {
    const user = await factory.user();
    const { code, stdout, stderr } = await run('link', user.email);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await api.logIn(user)).toHaveProperty('accessToken');
    const reset = { token: tokenIn(stdout), newPassword: 'another very long password' };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    expect(await api.post('/v1/auth/password/reset', reset)).toBeProblem('invalid-token', 400);
    expect(await api.logIn({ email: user.email, password: reset.newPassword })).toHaveProperty('accessToken');
    expect(await factory.auditEvents({ event: 'authn_password_reset_requested' })).toContainEqual(
      expect.objectContaining({ subject_id: user.id, reason: 'link by command' }),
    );
    expect(await api.as({ email: user.email, password: reset.newPassword }).get('/v1/users')).toBeProblem(
      'forbidden',
      403,
    );
  });

  it('reports an unknown email address', async () => {
    expect(await run('link', 'unknown@example.com')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'plinth: There is no enabled account with the email address unknown@example.com.\n',
    });
  });
});
