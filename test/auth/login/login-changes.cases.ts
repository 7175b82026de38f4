import { describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import type { ApiResponse } from '../../harness/http/api.ts';
import { sharedApp, startApp } from '../../harness/app/app.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { Locks } from '../../harness/database/locks.ts';
import { LoginFlows, overtakenEnvironment } from '../../harness/http/login-flows.ts';
import { oneTimeTokenFor } from '../../harness/mail/one-time-tokens.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const running = await sharedApp(overtakenEnvironment);
const { api, factory, database } = running;
/** Another instance with other hash parameters, which rehashes every verified password. */
const moreIterations = await startApp({
  ...overtakenEnvironment,
  DATABASE_URL: database.url,
  AUTH_ARGON2_ITERATIONS: '3',
});
const logins = new LoginFlows(running);
const locks = new Locks(database);
const asAdmin = api.as(await factory.admin());
await asAdmin.get('/v1/users/me');
const newPassword = 'another password of the tests';

/** Changes that must make a login fail after its credentials were verified. */
const changes: [string, (user: FactoryUser) => Promise<void>][] = [
  [
    'a new password',
    async (user) => {
      const token = await oneTimeTokenFor(running, 'reset-password', user);
      expect((await api.post('/v1/auth/password/reset', { token, newPassword })).status).toBe(204);
    },
  ],
  [
    'being disabled',
    async ({ id }) => {
      expect((await asAdmin.post(`/v1/users/${id}/disable`)).status).toBe(200);
    },
  ],
  [
    'being deleted',
    async ({ id }) => {
      expect((await asAdmin.delete(`/v1/users/${id}`, { 'If-Match': '*' })).status).toBe(204);
    },
  ],
];

const locked: [string, (user: FactoryUser) => Promise<void>] = [
  'a lock of the password',
  async ({ id }) => {
    await database.pool.query('UPDATE users SET password_locked_at = now() WHERE id = $1', [id]);
  },
];

/** Pauses a login before its session is stored, and changes the account. */
async function overtaken(
  login: Promise<ApiResponse>,
  release: () => Promise<void>,
  change: () => Promise<void>,
): Promise<ApiResponse> {
  try {
    await waitUntil('the session is about to be stored', async () => (await locks.waiting()) === 1);
    await change();
  } finally {
    await release();
  }
  return await login;
}

async function hashOf({ id }: FactoryUser): Promise<string | undefined> {
  const { rows } = await database.pool.query<{ hash: string }>(
    'SELECT password_hash AS hash FROM users WHERE id = $1',
    [id],
  );
  return rows[0]?.hash;
}

describe('A login whose account changes after the password was verified', () => {
  it.each([...changes, locked])('is rejected after %s, and recorded', async (_, apply) => {
    const user = await factory.user();
    const release = await locks.holdLogins();

    const response = await overtaken(logins.byPassword(user), release, async () => {
      await apply(user);
    });

    expect(response).toBeProblem('invalid-credentials', 401);
    expect(await logins.open(user)).toBe(0);
    expect(await logins.refusals(user)).toEqual(['account changed meanwhile']);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_login_success' })).toEqual([]);
  });

  it('waits for a change in progress and is rejected after it', async () => {
    const user = await factory.user();
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('UPDATE users SET password_hash = $2 WHERE id = $1', [user.id, await hash(newPassword)]);

    const login = logins.byPassword(user);
    await waitUntil('the login waits for the change', async () => (await locks.waiting()) === 1);
    await other.query('COMMIT');
    other.release();
    const response = await login;

    expect(response).toBeProblem('invalid-credentials', 401);
    expect(await logins.open(user)).toBe(0);
  });

  it('succeeds when only the profile was changed', async () => {
    const user = await factory.user();
    const release = await locks.holdLogins();

    const response = await overtaken(logins.byPassword(user), release, async () => {
      await asAdmin.patch(`/v1/users/${user.id}`, { displayName: 'Anew' }, { 'If-Match': '*' });
    });

    expect(response.status).toBe(200);
    expect(await logins.statusesOf(response)).toEqual([200, 200]);
  });

  it('succeeds when another login has rehashed the same password', async () => {
    const user = await factory.user();
    const before = await hashOf(user);
    const release = await locks.holdLogins();

    let renewing: Promise<ApiResponse> | undefined;
    const { email, password } = user;
    const response = await overtaken(logins.byPassword(user), release, async () => {
      renewing = moreIterations.api.post('/v1/auth/login', { email, password });
      await waitUntil('both are about to store their sessions', async () => (await locks.waiting()) === 2);
    });

    expect([response.status, (await renewing)?.status]).toEqual([200, 200]);
    expect(await hashOf(user)).not.toBe(before);
    expect([await logins.open(user), await logins.refusals(user)]).toEqual([2, []]);
  });
});

describe('A magic link whose account changes after it was verified', () => {
  it.each(changes)('is rejected after %s, and recorded', async (_, apply) => {
    const user = await factory.user();
    const open = await logins.link(user);
    const release = await locks.holdLogins();

    const response = await overtaken(open(), release, async () => {
      await apply(user);
    });

    expect(response).toBeProblem('invalid-token', 400);
    expect(await logins.open(user)).toBe(0);
    expect(await logins.refusals(user)).toEqual(['account changed meanwhile']);
  });

  it('is rejected after a change of the email address', async () => {
    const user = await factory.user();
    const open = await logins.link(user);
    const token = await oneTimeTokenFor(running, 'email-change', { ...user, email: `new.${user.email}` });
    const release = await locks.holdLogins();

    const response = await overtaken(open(), release, async () => {
      expect((await api.post('/v1/auth/email/change/confirm', { token })).status).toBe(204);
    });

    expect(response).toBeProblem('invalid-token', 400);
    expect(await logins.open(user)).toBe(0);
  });

  it('succeeds after a lock of the password', async () => {
    const user = await factory.user();
    const open = await logins.link(user);
    const release = await locks.holdLogins();

    const response = await overtaken(open(), release, async () => {
      await locked[1](user);
    });

    expect(response.status).toBe(200);
  });
});
