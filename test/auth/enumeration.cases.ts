import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../harness/http/api.ts';
import { sharedApp } from '../harness/app/app.ts';

const { api, factory, database } = await sharedApp({ AUTH_MAGIC_LINK_ENABLED: 'true' });
const asUser = api.as(await factory.user());
const password = 'a password of some length';

const operations: Readonly<Record<string, (email: string) => Promise<ApiResponse>>> = {
  'POST /v1/auth/register': async (email) => await api.post('/v1/auth/register', { email, password }),
  'POST /v1/auth/email/verify/resend': async (email) => await api.post('/v1/auth/email/verify/resend', { email }),
  'POST /v1/auth/password/forgot': async (email) => await api.post('/v1/auth/password/forgot', { email }),
  'POST /v1/auth/magic-link': async (email) => await api.post('/v1/auth/magic-link', { email }),
  'POST /v1/auth/email/change': async (newEmail) => await asUser.post('/v1/auth/email/change', { newEmail }),
};

/** An email address of each kind; each operation uses its own. */
async function addresses(): Promise<string[]> {
  const passwordless = await factory.user({ verified: false });
  await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [passwordless.id]);
  const users = [
    await factory.user(),
    await factory.user({ verified: false }),
    passwordless,
    await factory.user({ disabled: true }),
    await factory.user({ disabled: true, verified: false }),
    await factory.user({ deleted: true }),
  ];
  return [`unknown.${process.pid}@example.com`, ...users.map(({ email }) => email)];
}

/** All that a client can see of a response, without what is different in each. */
function comparableResponse({ status, text, headers }: ApiResponse): object {
  const { date: _date, ratelimit: _left, 'x-request-id': _id, ...rest } = headers;
  const cookie = rest['set-cookie']?.replace(/=[\w-]{43};/, '=(secret);');
  return {
    status,
    text: text.replace(/urn:request:[^"]+/, ''),
    headers: cookie === undefined ? rest : { ...rest, 'set-cookie': cookie },
  };
}

beforeAll(async () => {
  // The first login of a user does extra work, which is not under test.
  await asUser.get('/v1/users/me');
});

describe.each(Object.entries(operations))('%s', (_name, send) => {
  it('returns identical bytes whether or not the account exists', async () => {
    const responses: ApiResponse[] = [];
    for (const email of await addresses()) responses.push(await send(email));

    const [first, ...others] = responses.map(comparableResponse);
    expect(first).toMatchObject({ status: 202, text: '{"status":"accepted"}' });
    for (const other of others) expect(other).toEqual(first);
  });

  it('creates a job in every case, so that every response waits for the same COMMIT', async () => {
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
