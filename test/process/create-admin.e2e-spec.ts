import { describe, expect, it } from '@jest/globals';
import { startApp } from '../harness/app/app.ts';
import type { ExitResult } from '../harness/process/command.ts';
import { command, tokenIn } from '../harness/process/command.ts';

const { api, factory, database } = await startApp();

const password = 'a very long first password';
const run = async (...args: string[]): Promise<ExitResult> => await command(database.url, 'create-admin', ...args);

// create-admin.long-spec.ts has existing users, and links.
describe('npm run create-admin -- create', () => {
  it('creates an administrator and prints a single-use link that sets the password', async () => {
    const email = 'first@example.com';
    const { code, stdout, stderr } = await run('create', email);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^first@example\.com is an administrator\.[^\n]*\nhttp\S+\/account\/accept-invitation\?token=/,
    );

    const { rows } = await database.pool.query('SELECT purpose, encrypted_token FROM one_time_tokens');
    expect(rows).toEqual([{ purpose: 'setup', encrypted_token: null }]);
    const reset = { token: tokenIn(stdout), newPassword: password };
    expect((await api.post('/v1/auth/password/reset', reset)).status).toBe(204);
    expect(await api.post('/v1/auth/password/reset', reset)).toBeProblem('invalid-token', 400);

    const asAdmin = api.as({ email, password });
    expect((await asAdmin.get('/v1/users')).status).toBe(200);
    expect(await factory.auditEvents({ event: 'user_created' })).toContainEqual(
      expect.objectContaining({ actor_id: null, reason: 'administrator by command' }),
    );
  });

  it.each([[], ['create'], ['create', 'no-email'], ['create', 'a@example.com', 'b'], ['delete', 'a@example.com']])(
    'prints its usage for: %s %s %s',
    async (...args) => {
      const usage = 'plinth: Usage: npm run create-admin -- create <email address> | link <email address>\n';
      expect(await run(...args)).toMatchObject({ code: 1, stdout: '', stderr: usage });
    },
    180_000,
  );
});
