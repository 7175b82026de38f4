import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';
import type { Ended } from './support/command.ts';
import { command } from './support/command.ts';

const { api, given, database, heard } = await start();

const password = 'a very long first password';
const run = async (...args: string[]): Promise<Ended> => await command(database.url, 'admin', ...args);

function tokenIn(stdout: string): string {
  return /\?token=([\w-]+)$/m.exec(stdout)?.[1] ?? '';
}

describe('npm run admin -- create', () => {
  it('makes an administrator, whose password is set by the link it prints, once', async () => {
    const email = 'first@example.com';
    const { code, stdout, stderr } = await run('create', email);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^first@example\.com is an administrator\.[^\n]*\nhttp\S+\/account\/accept-invitation\?token=/,
    );

    const { rows } = await database.pool.query('SELECT purpose, sealed_token FROM mailed_tokens');
    expect(rows).toEqual([{ purpose: 'setup', sealed_token: null }]);
    const reset = { token: tokenIn(stdout), newPassword: password };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    expect(await api.post('/v1/auth/password/reset', reset)).toBeProblem('invalid-token', 400);

    const asAdmin = api.as({ email, password });
    expect((await asAdmin.get('/v1/users')).status).toBe(200);
    expect(await given.auditEvents({ event: 'user_created' })).toContainEqual(
      expect.objectContaining({ actor_id: null, reason: 'administrator by command' }),
    );
  });

  it('prints another link while the first has not been used, which is void then', async () => {
    const first = tokenIn((await run('create', 'twice@example.com')).stdout);
    const second = tokenIn((await run('create', 'Twice@example.com')).stdout);

    const reset = async (token: string): Promise<number> =>
      (await api.post('/v1/auth/password/reset', { token, newPassword: password })).status;
    expect([await reset(first), await reset(second)]).toEqual([400, 204]);
  });

  it('makes an administrator of who has an account, and leaves the password alone', async () => {
    const user = await given.user();
    expect(await api.as(user).get('/v1/users')).toBeProblem('forbidden', 403);

    const { code, stdout } = await run('create', user.email);
    await heard();

    expect({ code, link: tokenIn(stdout) }).toEqual({ code: 0, link: '' });
    expect((await api.as(user).get('/v1/users')).status).toBe(200);
    expect((await api.logIn(user)).accessToken).toBeTruthy();
  });

  it.each([[], ['create'], ['create', 'no address'], ['create', 'a@example.com', 'b'], ['delete', 'a@example.com']])(
    'says how to type it: %s %s %s',
    async (...args) => {
      const usage = 'plinth: Usage: npm run admin -- create <e-mail address>\n';
      expect(await run(...args)).toMatchObject({ code: 1, stdout: '', stderr: usage });
    },
    180_000,
  );
});
