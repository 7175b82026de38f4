import { beforeAll, describe, expect, it } from '@jest/globals';
import { startApp } from '../../harness/app/app.ts';
import type { ExitResult } from '../../harness/process/command.ts';
import { command } from '../../harness/process/command.ts';
import { storedKeys } from './stored-keys.ts';

const { api, factory, database, invalidationsDelivered } = await startApp();
const { kidOf, ageNext } = storedKeys(database);

async function me(accessToken: string): Promise<number> {
  return (await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).status;
}

beforeAll(async () => {
  await api.logIn(await factory.user());
});

describe('npm run signing-keys', () => {
  const run = async (...args: string[]): Promise<ExitResult> => await command(database.url, 'signing-keys', ...args);

  it('lists and revokes keys', async () => {
    const active = await kidOf('active');
    const token = await api.logIn(await factory.user());
    expect((await run('list')).stdout).toContain(`${active}  active   since 20`);

    const revoked = await run('revoke', active);
    await invalidationsDelivered();

    expect(revoked).toMatchObject({ code: 0, stderr: '' });
    expect(revoked.stdout).toContain(`Revoked key: ${active}.`);
    expect(await me(token.accessToken)).toBe(401);
    expect(await run('revoke', active)).toMatchObject({ code: 1, stderr: `plinth: There is no key ${active}\n` });
  });

  it('activates the next key when every process knows it', async () => {
    expect(await run('rotate')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^plinth: The next key has not/),
    });
    await ageNext();

    expect((await run('rotate')).stdout).toMatch(/^Active key: \S+\. Existing sessions stay valid\.\n$/);
  });

  it('is rejected with another APP_SECRET than that of the database', async () => {
    await api.logIn(await factory.user());

    const wrong = { APP_SECRET: 'another secret, which is as long as it must be' };
    const { code, stderr } = await command({ url: database.url, ...wrong }, 'signing-keys', 'rotate');

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^plinth: APP_SECRET is not the one/) });
  });
});
