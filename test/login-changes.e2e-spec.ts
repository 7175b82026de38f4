import { describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import type { GivenUser } from './support/given.ts';
import { Locks } from './support/locks.ts';
import { Logins } from './support/logins.ts';
import { mailedToken } from './support/mails.ts';
import { until } from './support/running.ts';

/** Nobody gives up a lock, however slow the machine is. */
const patient = { DATABASE_STATEMENT_TIMEOUT_MS: '120000' };
const running = await start({ ...patient, AUTH_MAGIC_LINK: 'true' });
const { api, given, database } = running;
/** Another instance, which renews the hash of every password that it sees. */
const dearer = await start({ ...patient, DATABASE_URL: database.url, AUTH_ARGON2_PASSES: '3' });
const logins = new Logins(running);
const locks = new Locks(database);
const asAdmin = api.as(await given.admin());
await asAdmin.get('/v1/users/me');
const newPassword = 'another password of the tests';

/** What keeps somebody out who has proved who they are before. */
const changes: [string, (user: GivenUser) => Promise<void>][] = [
  [
    'a new password',
    async (user) => {
      const token = await mailedToken(running, 'reset-password', user);
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

const locked: [string, (user: GivenUser) => Promise<void>] = [
  'a lock of the password',
  async ({ id }) => {
    await database.pool.query('UPDATE users SET password_locked_at = now() WHERE id = $1', [id]);
  },
];

/** Lets a login come as far as its session, and then changes the account. */
async function overtaken(
  login: Promise<Reply>,
  release: () => Promise<void>,
  change: () => Promise<void>,
): Promise<Reply> {
  try {
    await until('the session is about to be stored', async () => (await locks.waiting()) === 1);
    await change();
  } finally {
    await release();
  }
  return await login;
}

async function hashOf({ id }: GivenUser): Promise<string | undefined> {
  const { rows } = await database.pool.query<{ hash: string }>(
    'SELECT password_hash AS hash FROM users WHERE id = $1',
    [id],
  );
  return rows[0]?.hash;
}

describe('A login whose password was right a moment ago', () => {
  it.each([...changes, locked])('is refused behind %s, and that is written down', async (_, apply) => {
    const user = await given.user();
    const release = await locks.holdLogins();

    const reply = await overtaken(logins.byPassword(user), release, async () => {
      await apply(user);
    });

    expect(reply).toBeProblem('invalid-credentials', 401);
    expect(await logins.open(user)).toBe(0);
    expect(await logins.refusals(user)).toEqual(['account changed meanwhile']);
    expect(await given.auditEvents({ subjectId: user.id, event: 'authn_login_success' })).toEqual([]);
  });

  it('waits for a change that is under way, and is refused behind it', async () => {
    const user = await given.user();
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('UPDATE users SET password_hash = $2 WHERE id = $1', [user.id, await hash(newPassword)]);

    const login = logins.byPassword(user);
    await until('the login waits for the change', async () => (await locks.waiting()) === 1);
    await other.query('COMMIT');
    other.release();
    const reply = await login;

    expect(reply).toBeProblem('invalid-credentials', 401);
    expect(await logins.open(user)).toBe(0);
  });

  it('goes on when nothing but the profile was changed', async () => {
    const user = await given.user();
    const release = await locks.holdLogins();

    const reply = await overtaken(logins.byPassword(user), release, async () => {
      await asAdmin.patch(`/v1/users/${user.id}`, { displayName: 'Anew' }, { 'If-Match': '*' });
    });

    expect(reply.status).toBe(200);
    expect(await logins.statusesOf(reply)).toEqual([200, 200]);
  });

  it('goes on when another one has renewed the hash of the same password', async () => {
    const user = await given.user();
    const before = await hashOf(user);
    const release = await locks.holdLogins();

    let renewing: Promise<Reply> | undefined;
    const { email, password } = user;
    const reply = await overtaken(logins.byPassword(user), release, async () => {
      renewing = dearer.api.post('/v1/auth/login', { email, password });
      await until('both are about to store their sessions', async () => (await locks.waiting()) === 2);
    });

    expect([reply.status, (await renewing)?.status]).toEqual([200, 200]);
    expect(await hashOf(user)).not.toBe(before);
    expect([await logins.open(user), await logins.refusals(user)]).toEqual([2, []]);
  });
});

describe('A mailed link that was good a moment ago', () => {
  it.each(changes)('is refused behind %s, and that is written down', async (_, apply) => {
    const user = await given.user();
    const open = await logins.link(user);
    const release = await locks.holdLogins();

    const reply = await overtaken(open(), release, async () => {
      await apply(user);
    });

    expect(reply).toBeProblem('invalid-token', 400);
    expect(await logins.open(user)).toBe(0);
    expect(await logins.refusals(user)).toEqual(['account changed meanwhile']);
  });

  it('is refused behind another address', async () => {
    const user = await given.user();
    const open = await logins.link(user);
    const token = await mailedToken(running, 'email-change', { ...user, email: `new.${user.email}` });
    const release = await locks.holdLogins();

    const reply = await overtaken(open(), release, async () => {
      expect((await api.post('/v1/auth/email/change/confirm', { token })).status).toBe(204);
    });

    expect(reply).toBeProblem('invalid-token', 400);
    expect(await logins.open(user)).toBe(0);
  });

  it('goes on behind a lock of the password, which it does not need', async () => {
    const user = await given.user();
    const open = await logins.link(user);
    const release = await locks.holdLogins();

    const reply = await overtaken(open(), release, async () => {
      await locked[1](user);
    });

    expect(reply.status).toBe(200);
  });
});
