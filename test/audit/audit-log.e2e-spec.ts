import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { RetentionCleanupJob } from '../../src/features/retention/retention-cleanup.job.ts';
import { startApp } from '../harness/app/app.ts';
import { JobTables } from '../harness/database/job-tables.ts';

const { app, factory, database } = await startApp({ AUTH_AUDIT_RETENTION_DAYS: '90' });
const rejected = { message: 'audit_events is append-only', code: '42501' };

interface EventRow {
  readonly actor?: string | null;
  readonly subject?: string | null;
  readonly age?: string;
}

async function insertEvent({ actor = null, subject = null, age = '0 days' }: EventRow = {}): Promise<string> {
  const id = uuidv7();
  await database.pool.query(
    `INSERT INTO audit_events (id, at, event, outcome, actor_id, subject_id, ip, user_agent, reason, request_id)
     VALUES ($1, now() - $2::interval, 'test', 'success', $3, $4, '192.0.2.7', 'tests', 'because', 'r')`,
    [id, age, actor, subject],
  );
  return id;
}

async function rowOf(id: string): Promise<unknown> {
  const { rows } = await database.pool.query('SELECT * FROM audit_events WHERE id = $1', [id]);
  return rows[0];
}

async function runCleanup(batch = 1000): Promise<unknown> {
  const signal = new AbortController().signal;
  const ignored = { progress: () => undefined, fenceTransaction: () => undefined };
  const context = { jobId: uuidv7(), ownerId: null, attempt: 1, lease: uuidv7(), signal, ...ignored };
  return await app.get(RetentionCleanupJob, { strict: false }).prepare({ batch }, context);
}

/** No scheduled cleanup runs meanwhile. */
beforeAll(async () => {
  await new JobTables(database).pauseSchedules();
});

describe('The audit log', () => {
  it.each([
    ['changed', `UPDATE audit_events SET reason = 'other'`],
    ['blanked', 'UPDATE audit_events SET ip = NULL, user_agent = NULL'],
    ['deleted', 'DELETE FROM audit_events'],
    ['emptied', 'TRUNCATE audit_events'],
    ['blanked by a block of code', 'DO $$ BEGIN UPDATE audit_events SET ip = NULL, user_agent = NULL; END $$'],
  ])('cannot be %s', async (_, statement) => {
    const id = await insertEvent({ age: '400 days' });
    const before = await rowOf(id);

    await expect(database.pool.query(statement)).rejects.toMatchObject(rejected);

    expect(await rowOf(id)).toEqual(before);
  });

  it('keeps events that are younger than the minimum retention of the database', async () => {
    const id = await insertEvent({ age: '29 days' });

    await expect(database.pool.query('SELECT audit_events_expire(1, 1000)')).rejects.toMatchObject(rejected);

    expect(await rowOf(id)).toBeDefined();
  });

  it('is changed only by functions with a fixed search path', async () => {
    const { rows } = await database.pool.query<{ name: string; safe: boolean }>(
      `SELECT proname AS name,
         proconfig::text LIKE '%search_path=pg_catalog, ' || current_schema() || ', pg_temp%' AS safe
       FROM pg_proc WHERE (prosecdef OR proname ~ '^audit_|month_partition') AND pronamespace = current_schema()::regnamespace
       ORDER BY 1`,
    );

    const partitions = ['create_partition', 'create_partitions'];
    const names = ['anonymize_until', 'anonymize_users', 'delete_expired', 'expire', 'prevent_change', ...partitions];
    const months = ['create_month_partition', 'expired_month_partitions', 'has_month_partition', 'month_partitions'];
    const others = ['archived_jobs_expire', 'audit_retention_runs_prevent_change', ...months];
    const all = [...names.map((name) => `audit_events_${name}`), ...others];
    expect(rows).toEqual(all.sort().map((name) => ({ name, safe: true })));
  });
});

describe('A purged user', () => {
  it('leaves events without IP address and user agent', async () => {
    const [purged, other] = [await factory.user({ deleted: true }), await factory.user()];
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [purged.id]);
    const own = await insertEvent({ actor: purged.id, subject: other.id });
    const unauthenticated = await insertEvent({ subject: purged.id });
    const byOther = await insertEvent({ actor: other.id, subject: purged.id });
    const before = { own: await rowOf(own), unauthenticated: await rowOf(unauthenticated) };
    const unchanged = await rowOf(byOther);

    expect(await runCleanup()).toMatchObject({ users: 1 });

    const blank = { ip: null, user_agent: null };
    expect(await rowOf(own)).toEqual({ ...(before.own as object), ...blank });
    expect(await rowOf(unauthenticated)).toEqual({ ...(before.unauthenticated as object), ...blank });
    expect(await rowOf(byOther)).toEqual(unchanged);
  });

  it('is removed from the events in batches', async () => {
    const purged = await factory.user({ deleted: true });
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [purged.id]);
    // Some with the user as the actor, some without an actor; 50 at the same time, as when all sessions are revoked.
    await database.pool.query(
      `INSERT INTO audit_events (id, at, event, outcome, actor_id, subject_id, ip)
       SELECT uuid_v7(n), now() - greatest(n, 50) * interval '1 s', 'test',
         CASE WHEN n % 3 = 0 THEN 'failure' ELSE 'success' END, CASE WHEN n % 2 = 0 THEN $1::uuid END, $1, '192.0.2.7'
       FROM generate_series(1, 500) AS n`,
      [purged.id],
    );
    await database.pool.query(`
      CREATE TABLE blanked (rows bigint, of_transaction bigint);
      CREATE FUNCTION record_blanked() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO blanked SELECT count(*), txid_current() FROM updated; RETURN NULL; END';
      CREATE TRIGGER note AFTER UPDATE ON audit_events REFERENCING NEW TABLE AS updated
        FOR EACH STATEMENT EXECUTE FUNCTION record_blanked()`);

    expect(await runCleanup(20)).toMatchObject({ users: 1 });

    const { rows } = await database.pool.query<{ most: number; all: number }>(
      `SELECT max(rows)::int AS most, sum(rows)::int AS all
       FROM (SELECT sum(rows) AS rows FROM blanked GROUP BY of_transaction) AS statements`,
    );
    await database.pool.query('DROP TABLE blanked; DROP FUNCTION record_blanked CASCADE');
    expect(rows[0]?.all).toBe(500);
    // A batch, and the events with the same time as its last one.
    expect(rows[0]?.most).toBeLessThan(20 + 50);
  });

  it('keeps its origin in the events while the user can be restored', async () => {
    const { id: actor } = await factory.user();
    const event = await insertEvent({ actor });

    const anonymize = database.pool.query('UPDATE users SET anonymized_until = now() WHERE id = $1', [actor]);
    await expect(anonymize).rejects.toMatchObject({ code: rejected.code });

    expect(await rowOf(event)).toMatchObject({ ip: '192.0.2.7', user_agent: 'tests' });
  });

  it('keeps its origin in the events when the deletion is rolled back', async () => {
    const { id: actor } = await factory.user();
    const event = await insertEvent({ actor });
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('DELETE FROM users WHERE id = $1', [actor]);
    await client.query('ROLLBACK');
    client.release();

    expect(await rowOf(event)).toMatchObject({ ip: '192.0.2.7', user_agent: 'tests' });
  });
});

describe('Expired audit events', () => {
  const expiries = async (): Promise<unknown[]> =>
    (await database.pool.query<{ deleted: number }>('SELECT deleted FROM audit_retention_runs ORDER BY at, id')).rows;

  it('are deleted by the next cleanup in batches, with an expiry record of each', async () => {
    await runCleanup();
    const before = await expiries();
    const old = await Promise.all([1, 2, 3, 4, 5].map(async () => await insertEvent({ age: '91 days' })));
    const recent = await insertEvent({ age: '89 days' });

    expect(await runCleanup(2)).toMatchObject({ auditEvents: 5 });

    expect(await Promise.all(old.map(rowOf))).toEqual(old.map(() => undefined));
    expect(await rowOf(recent)).toBeDefined();
    expect((await expiries()).slice(before.length)).toEqual([{ deleted: 2 }, { deleted: 2 }, { deleted: 1 }]);
  });

  it('have no expiry record when there are none', async () => {
    await runCleanup();
    const before = await expiries();

    expect(await runCleanup()).toMatchObject({ auditEvents: 0 });

    expect(await expiries()).toEqual(before);
  });
});
