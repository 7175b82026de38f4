import { afterAll, describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../harness/http/api.ts';
import { startApp } from '../../harness/app/app.ts';
import { InterruptibleDatabase } from '../../harness/database/interruptible-database.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { Factory } from '../../harness/database/factory.ts';

/*
 * A user with many rows must not make an operation expensive: the number of rows that a statement changes does not
 * affect the size of its result, and the process continues to respond.
 */

const line = await InterruptibleDatabase.make();
const { api } = await startApp({
  DATABASE_URL: line.url,
  DATABASE_STATEMENT_TIMEOUT_MS: '120000',
  AUTH_MAX_SESSIONS: '3',
});
const { database } = line;
afterAll(async () => {
  line.cut();
  await database.drop();
});
const factory = new Factory(database);
const admin = await factory.admin();
const asAdmin = api.as(admin);
await api.tokensOf(admin);

/** Stores sessions beyond the limit, each last used a second earlier than the one before. */
async function storeSessions(user: FactoryUser, count: number): Promise<void> {
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

const openSessions = async (user: FactoryUser): Promise<number> =>
  await countOf('sessions WHERE user_id = $1 AND revoked_at IS NULL', user.id);

const sessionEvents = async (user: FactoryUser, reason: string): Promise<number> =>
  await countOf(`audit_events WHERE subject_id = $1 AND event = 'session_ended' AND reason = $2`, user.id, reason);

/** The number of access invalidations of this user that were published or stored. */
const accessInvalidations = async (user: FactoryUser): Promise<number> =>
  await countOf(
    'access_invalidations WHERE user_id = $1 OR session_id IN (SELECT id FROM sessions WHERE user_id = $1)',
    user.id,
  );

/** Runs `work`. Returns its response, the bytes received from the database, and the successful probes during it. */
async function measure<T>(work: () => Promise<T>): Promise<{ response: T; bytes: number; probes: number }> {
  const before = line.received;
  const done = work();
  const end = done.then(() => 'end');
  let probes = 0;
  while ((await Promise.race([end, api.get('/livez').then(({ status }) => status)])) === 200) probes += 1;
  return { response: await done, bytes: line.received - before, probes };
}

/** A limit that includes the polling of jobs, schedules and invalidations during the request. */
const little = 100_000;

describe('Revoking all sessions of a user', () => {
  const calls: Readonly<Record<string, (user: FactoryUser, accessToken: string) => Promise<ApiResponse>>> = {
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
    'records an event for each without loading them into the process, which continues to respond: %s of %s',
    async (reason, count) => {
      const user = await factory.user();
      const { accessToken } = await api.logIn(user);
      await storeSessions(user, count);
      const isExcepted = reason === 'logout_others';

      const { response, bytes, probes } = await measure(async () => await calls[reason]?.(user, accessToken));

      expect(response?.status).toBeLessThan(300);
      expect(await openSessions(user)).toBe(isExcepted ? 1 : 0);
      expect(await sessionEvents(user, reason)).toBe(isExcepted ? count : count + 1);
      // Less than the 36 bytes of one id each.
      expect(bytes).toBeLessThan(Math.max(little, count * 20));
      // The request takes long enough for several probes.
      if (count > 10_000) expect(probes).toBeGreaterThan(0);
      expect(await accessInvalidations(user)).toBeLessThanOrEqual(3);
    },
  );
});

describe('Disabling a user', () => {
  it('pauses all of their schedules with an event each, without loading them into the process', async () => {
    const user = await factory.user();
    await database.pool.query(
      `INSERT INTO job_schedules (id, type, payload, cron, timezone, next_run_at, owner_id)
       SELECT gen_random_uuid(), 'users.export', '{}', '0 0 1 1 *', 'UTC', now() + interval '1 year', $1
       FROM generate_series(1, 3000)`,
      [user.id],
    );

    const { response, bytes } = await measure(async () => await asAdmin.post(`/v1/users/${user.id}/disable`));

    expect(response.status).toBe(200);
    expect(await countOf('job_schedules WHERE owner_id = $1 AND paused_at IS NULL', user.id)).toBe(0);
    const event = { subject_id: user.id, actor_id: admin.id, reason: expect.stringMatching(/^schedule \S{36} paused/) };
    const events = await factory.auditEvents({ subjectId: user.id, event: 'schedule_updated' });
    expect(events).toEqual(Array(3000).fill(expect.objectContaining(event)));
    expect(new Set(events.map(({ reason }) => reason)).size).toBe(3000);
    expect(bytes).toBeLessThan(little);
  });

  it('neither reads nor locks the rows of administrators', async () => {
    const [user, other] = [await factory.user(), await factory.admin()];
    await database.pool.query(
      `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles)
       SELECT gen_random_uuid(), 'admin' || n || '@example.com', 'admin' || n || '@example.com', now(), 'x', '{user,admin}'
       FROM generate_series(1, 5000) AS n`,
    );
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [other.id]);

    const { response, bytes } = await measure(async () => await asAdmin.post(`/v1/users/${user.id}/disable`)).finally(
      async () => {
        await holder.query('ROLLBACK');
        holder.release();
      },
    );

    expect(response.status).toBe(200);
    expect(bytes).toBeLessThan(little);
  });
});

describe('A login beyond AUTH_MAX_SESSIONS', () => {
  async function idsOf(user: FactoryUser): Promise<string[]> {
    const { rows } = await database.pool.query<{ id: string }>(
      'SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY created_at, id',
      [user.id],
    );
    return rows.map(({ id }) => id);
  }

  it('revokes the least recently used session and records it', async () => {
    const user = await factory.user();
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
    expect(await factory.auditEvents({ subjectId: user.id, event: 'session_ended' })).toEqual([
      expect.objectContaining({ actor_id: user.id, session_id: idle, reason: 'too_many_sessions', ip: '127.0.0.1' }),
    ]);
  });

  it('revokes an expired session before an active one', async () => {
    const user = await factory.user();
    for (let time = 0; time < 3; time += 1) await api.logIn(user);
    const [first, second, over] = await idsOf(user);
    await database.pool.query('UPDATE sessions SET expires_at = now() WHERE id = $1', [over]);

    await api.logIn(user);

    expect((await idsOf(user)).slice(0, 2)).toEqual([first, second]);
    // An expired session gets no event.
    expect(await sessionEvents(user, 'too_many_sessions')).toBe(0);
  });

  it('leaves no more sessions than the limit after concurrent logins', async () => {
    const user = await factory.user();

    const logins = await Promise.all(Array.from({ length: 12 }, async () => await api.logIn(user)));

    expect(new Set(logins.map(({ refreshToken }) => refreshToken)).size).toBe(12);
    expect(await openSessions(user)).toBe(3);
    expect(await sessionEvents(user, 'too_many_sessions')).toBe(9);
  });

  it('revokes 1,000 sessions per login for a user who has many more', async () => {
    const user = await factory.user();
    await storeSessions(user, 2500);

    const { bytes } = await measure(async () => await api.logIn(user));
    expect(await openSessions(user)).toBe(1501);
    await api.logIn(user);
    await api.logIn(user);

    expect(await openSessions(user)).toBe(3);
    expect(await sessionEvents(user, 'too_many_sessions')).toBe(2500);
    expect(bytes).toBeLessThan(little);
  });
});
