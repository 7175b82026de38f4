import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import { seenOf } from './support/same-replies.ts';

const { api, given, database } = await start({ AUTH_MAGIC_LINK: 'true' });
const asUser = api.as(await given.user());
const password = 'a password of some length';

const operations: Readonly<Record<string, (email: string) => Promise<Reply>>> = {
  'POST /v1/auth/register': async (email) => await api.post('/v1/auth/register', { email, password }),
  'POST /v1/auth/email/verify/resend': async (email) => await api.post('/v1/auth/email/verify/resend', { email }),
  'POST /v1/auth/password/forgot': async (email) => await api.post('/v1/auth/password/forgot', { email }),
  'POST /v1/auth/magic-link': async (email) => await api.post('/v1/auth/magic-link', { email }),
  'POST /v1/auth/email/change': async (newEmail) => await asUser.post('/v1/auth/email/change', { newEmail }),
};

/** An address of each kind; every operation gets its own. */
async function addresses(): Promise<string[]> {
  const passwordless = await given.user({ verified: false });
  await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [passwordless.id]);
  const users = [
    await given.user(),
    await given.user({ verified: false }),
    passwordless,
    await given.user({ disabled: true }),
    await given.user({ disabled: true, verified: false }),
    await given.user({ deleted: true }),
  ];
  return [`unknown.${process.pid}@example.com`, ...users.map(({ email }) => email)];
}

beforeAll(async () => {
  // The first login of a user is not what is looked at.
  await asUser.get('/v1/users/me');
});

describe.each(Object.entries(operations))('%s', (_name, send) => {
  it('answers byte for byte the same, whoever has the address', async () => {
    const replies: Reply[] = [];
    for (const email of await addresses()) replies.push(await send(email));

    const [first, ...others] = replies.map(seenOf);
    expect(first).toMatchObject({ status: 202, text: '{"status":"accepted"}' });
    for (const other of others) expect(other).toEqual(first);
  });

  it('makes a job in every case, so that all wait for the same COMMIT', async () => {
    for (const email of await addresses()) {
      const jobs = async (): Promise<number> => {
        const { rows } = await database.pool.query(`SELECT 1 FROM jobs WHERE type = 'mail.send'`);
        return rows.length;
      };
      const before = await jobs();

      await send(email);

      expect(await jobs()).toBe(before + 1);
    }
  });
});
