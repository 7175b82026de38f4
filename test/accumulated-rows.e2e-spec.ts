import { afterAll, describe, expect, it } from '@jest/globals';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import { BreakableDatabase } from './support/breakable-database.ts';
import type { GivenUser } from './support/given.ts';
import { Given } from './support/given.ts';

/*
 * What one user can have many of must not make anything expensive: however many rows a statement changes, what comes back
 * to the process is as little as for one, and the process goes on answering.
 */

const line = await BreakableDatabase.make();
const { api } = await start({
  DATABASE_URL: line.url,
  DATABASE_STATEMENT_TIMEOUT_MS: '120000',
  AUTH_MAX_SESSIONS: '3',
});
const { database } = line;
afterAll(async () => {
  line.cut();
  await database.drop();
});
const given = new Given(database);
const admin = await given.admin();
const asAdmin = api.as(admin);
await api.tokensOf(admin);

/** Sessions that a service without a limit has stored, each used a second earlier than the one before. */
async function storeSessions(user: GivenUser, count: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO sessions (id, user_id, amr, expires_at, last_used_at)
     SELECT gen_random_uuid(), $1, '{pwd}', now() + interval '1 day', now() - n * interval '1 s'
     FROM generate_series(1, $2) AS n`,
    [user.id, count],
  );
}

async function countOf(sql: string, ...values: unknown[]): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${sql}`, values);
  return rows[0]?.count ?? -1;
}

const openSessions = async (user: GivenUser): Promise<number> =>
  await countOf('sessions WHERE user_id = $1 AND killed_at IS NULL', user.id);

const sessionEvents = async (user: GivenUser, reason: string): Promise<number> =>
  await countOf(`audit_events WHERE subject_id = $1 AND event = 'session_ended' AND reason = $2`, user.id, reason);

/** How often the service has told others, or remembered, that this user's access changed. */
const accessChanges = async (user: GivenUser): Promise<number> =>
  await countOf(
    'access_changes WHERE user_id = $1 OR session_id IN (SELECT id FROM sessions WHERE user_id = $1)',
    user.id,
  );

/** Does some work. The bytes that come from the database until it is done, and the probes that are answered. */
async function meanwhile<T>(work: () => Promise<T>): Promise<{ reply: T; bytes: number; probes: number }> {
  const before = line.received;
  const done = work();
  const end = done.then(() => 'end');
  let probes = 0;
  while ((await Promise.race([end, api.get('/livez').then(({ status }) => status)])) === 200) probes += 1;
  return { reply: await done, bytes: line.received - before, probes };
}

/** Beside the reply, the service asks for jobs, schedules and changes all the while. */
const little = 100_000;

describe('Ending all sessions of a user', () => {
  const calls: Readonly<Record<string, (user: GivenUser, accessToken: string) => Promise<Reply>>> = {
    logout_all: async (_, accessToken) =>
      await api.post('/v1/auth/logout-all', { scope: 'all' }, { Authorization: `Bearer ${accessToken}` }),
    logout_others: async (_, accessToken) =>
      await api.post('/v1/auth/logout-all', { scope: 'others' }, { Authorization: `Bearer ${accessToken}` }),
    user_disabled: async ({ id }) => await asAdmin.post(`/v1/users/${id}/disable`),
    user_deleted: async ({ id }) => await asAdmin.delete(`/v1/users/${id}`, { 'If-Match': '*' }),
    password_reset: async ({ id }) => await asAdmin.post(`/v1/users/${id}/password-reset`),
    ended_by_admin: async ({ id }) => await asAdmin.delete(`/v1/users/${id}/sessions`),
  };

  it.each([
    ['logout_all', 25_000],
    ['user_disabled', 25_000],
    ['logout_others', 3000],
    ['user_deleted', 3000],
    ['password_reset', 3000],
    ['ended_by_admin', 3000],
  ])(
    'writes an event for each, brings none of them here, and the process answers meanwhile: %s of %s',
    async (reason, count) => {
      const user = await given.user();
      const { accessToken } = await api.logIn(user);
      await storeSessions(user, count);
      const isKept = reason === 'logout_others';

      const { reply, bytes, probes } = await meanwhile(async () => await calls[reason]?.(user, accessToken));

      expect(reply?.status).toBeLessThan(300);
      expect(await openSessions(user)).toBe(isKept ? 1 : 0);
      expect(await sessionEvents(user, reason)).toBe(isKept ? count : count + 1);
      // An id alone has 36.
      expect(bytes).toBeLessThan(Math.max(little, count * 20));
      // That takes so long that many are answered.
      if (count > 10_000) expect(probes).toBeGreaterThan(0);
      expect(await accessChanges(user)).toBeLessThanOrEqual(3);
    },
  );
});

describe('Keeping a user out', () => {
  it('pauses all of their schedules, with an event for each, and brings none of them here', async () => {
    const user = await given.user();
    await database.pool.query(
      `INSERT INTO job_schedules (id, type, payload, cron, timezone, next_run_at, owner_id)
       SELECT gen_random_uuid(), 'users.export', '{}', '0 0 1 1 *', 'UTC', now() + interval '1 year', $1
       FROM generate_series(1, 3000)`,
      [user.id],
    );

    const { reply, bytes } = await meanwhile(async () => await asAdmin.post(`/v1/users/${user.id}/disable`));

    expect(reply.status).toBe(200);
    expect(await countOf('job_schedules WHERE owner_id = $1 AND paused_at IS NULL', user.id)).toBe(0);
    const event = { subject_id: user.id, actor_id: admin.id, reason: expect.stringMatching(/^schedule \S{36} paused/) };
    const events = await given.auditEvents({ subjectId: user.id, event: 'schedule_updated' });
    expect(events).toEqual(Array(3000).fill(expect.objectContaining(event)));
    expect(new Set(events.map(({ reason }) => reason)).size).toBe(3000);
    expect(bytes).toBeLessThan(little);
  });

  it('neither reads nor locks the administrators, however many there are', async () => {
    const [user, other] = [await given.user(), await given.admin()];
    await database.pool.query(
      `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles)
       SELECT gen_random_uuid(), 'admin' || n || '@example.com', 'admin' || n || '@example.com', now(), 'x', '{user,admin}'
       FROM generate_series(1, 5000) AS n`,
    );
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [other.id]);

    const { reply, bytes } = await meanwhile(async () => await asAdmin.post(`/v1/users/${user.id}/disable`)).finally(
      async () => {
        await holder.query('ROLLBACK');
        holder.release();
      },
    );

    expect(reply.status).toBe(200);
    expect(bytes).toBeLessThan(little);
  });
});

describe('A login beyond AUTH_MAX_SESSIONS', () => {
  async function idsOf(user: GivenUser): Promise<string[]> {
    const { rows } = await database.pool.query<{ id: string }>(
      'SELECT id FROM sessions WHERE user_id = $1 AND killed_at IS NULL ORDER BY created_at, id',
      [user.id],
    );
    return rows.map(({ id }) => id);
  }

  it('ends the session that was not used for longest, and writes that down', async () => {
    const user = await given.user();
    const { refreshToken } = await api.logIn(user);
    const second = await api.logIn(user);
    await api.logIn(user);
    const [first, idle, third] = await idsOf(user);
    expect((await api.post('/v1/auth/refresh', { refreshToken })).status).toBe(200);

    await api.logIn(user);

    const left = await idsOf(user);
    expect(left.slice(0, 2)).toEqual([first, third]);
    expect(left).toHaveLength(3);
    const bearer = { Authorization: `Bearer ${second.accessToken}` };
    expect(await api.get('/v1/users/me', bearer)).toBeProblem('unauthenticated', 401);
    expect(await given.auditEvents({ subjectId: user.id, event: 'session_ended' })).toEqual([
      expect.objectContaining({ actor_id: user.id, session_id: idle, reason: 'too_many_sessions', ip: '127.0.0.1' }),
    ]);
  });

  it('ends one whose time is over before one that is live', async () => {
    const user = await given.user();
    for (let time = 0; time < 3; time += 1) await api.logIn(user);
    const [first, second, over] = await idsOf(user);
    await database.pool.query('UPDATE sessions SET expires_at = now() WHERE id = $1', [over]);

    await api.logIn(user);

    expect((await idsOf(user)).slice(0, 2)).toEqual([first, second]);
    // It had ended by itself.
    expect(await sessionEvents(user, 'too_many_sessions')).toBe(0);
  });

  it('leaves no more than that, however many come at once', async () => {
    const user = await given.user();

    const logins = await Promise.all(Array.from({ length: 12 }, async () => await api.logIn(user)));

    expect(new Set(logins.map(({ refreshToken }) => refreshToken)).size).toBe(12);
    expect(await openSessions(user)).toBe(3);
    expect(await sessionEvents(user, 'too_many_sessions')).toBe(9);
  });

  it('works for a user who has many more from before, 1,000 of which end with each login', async () => {
    const user = await given.user();
    await storeSessions(user, 2500);

    const { bytes } = await meanwhile(async () => await api.logIn(user));
    expect(await openSessions(user)).toBe(1501);
    await api.logIn(user);
    await api.logIn(user);

    expect(await openSessions(user)).toBe(3);
    expect(await sessionEvents(user, 'too_many_sessions')).toBe(2500);
    expect(bytes).toBeLessThan(little);
  });
});
