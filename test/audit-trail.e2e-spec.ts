import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { ReapJob } from '../src/features/maintenance/reap.job.ts';
import { start } from './support/app.ts';
import { until } from './support/running.ts';

const { app, given, database } = await start({ AUTH_AUDIT_RETENTION_DAYS: '90' });
const refused = { message: 'audit_events is append-only', code: '42501' };

interface Written {
  readonly actor?: string | null;
  readonly subject?: string | null;
  readonly age?: string;
}

async function written({ actor = null, subject = null, age = '0 days' }: Written = {}): Promise<string> {
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

async function reap(batch = 1000): Promise<unknown> {
  const signal = new AbortController().signal;
  const context = { jobId: uuidv7(), ownerId: null, attempt: 1, lease: uuidv7(), signal, progress: () => undefined };
  return await app.get(ReapJob, { strict: false }).prepare({ batch }, context);
}

/** Nobody else reaps meanwhile. */
beforeAll(async () => {
  await database.pool.query(`UPDATE job_schedules SET paused_at = now()`);
  await until('no job of a schedule is left', async () => {
    const { rows } = await database.pool.query(
      'SELECT 1 FROM jobs WHERE schedule_id IS NOT NULL AND finished_at IS NULL',
    );
    return rows.length === 0;
  });
});

describe('What was written to the audit trail', () => {
  it.each([
    ['changed', `UPDATE audit_events SET reason = 'other'`],
    ['blanked', 'UPDATE audit_events SET ip = NULL, user_agent = NULL'],
    ['deleted', 'DELETE FROM audit_events'],
    ['emptied', 'TRUNCATE audit_events'],
    ['blanked by a block of code', 'DO $$ BEGIN UPDATE audit_events SET ip = NULL, user_agent = NULL; END $$'],
  ])('can not be %s', async (_, statement) => {
    const id = await written({ age: '400 days' });
    const before = await rowOf(id);

    await expect(database.pool.query(statement)).rejects.toMatchObject(refused);

    expect(await rowOf(id)).toEqual(before);
  });

  it('stays even for who asks for younger events to go than the database lets go', async () => {
    const id = await written({ age: '29 days' });

    await expect(database.pool.query('SELECT audit_events_expire(1, 1000)')).rejects.toMatchObject(refused);

    expect(await rowOf(id)).toBeDefined();
  });

  it('is changed by functions that nobody can lead astray', async () => {
    const { rows } = await database.pool.query<{ name: string; safe: boolean }>(
      `SELECT proname AS name, proconfig::text LIKE '%search_path=pg_catalog, ' || current_schema() || ', pg_temp%' AS safe
       FROM pg_proc WHERE (prosecdef OR proname LIKE 'audit_%') AND pronamespace = current_schema()::regnamespace ORDER BY 1`,
    );

    const names = ['delete_expired', 'expire', 'forget_until', 'forget_users', 'refuse_change'].map(
      (name) => `audit_events_${name}`,
    );
    expect(rows).toEqual([...names, 'audit_expiries_refuse_change'].map((name) => ({ name, safe: true })));
  });
});

describe('A user who is gone for good', () => {
  it('leaves what happened, and not where they were', async () => {
    const [gone, other] = [await given.user({ deleted: true }), await given.user()];
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [gone.id]);
    const theirs = await written({ actor: gone.id, subject: other.id });
    const strangers = await written({ subject: gone.id });
    const administrators = await written({ actor: other.id, subject: gone.id });
    const before = { theirs: await rowOf(theirs), strangers: await rowOf(strangers) };
    const kept = await rowOf(administrators);

    expect(await reap()).toMatchObject({ users: 1 });

    const blank = { ip: null, user_agent: null };
    expect(await rowOf(theirs)).toEqual({ ...(before.theirs as object), ...blank });
    expect(await rowOf(strangers)).toEqual({ ...(before.strangers as object), ...blank });
    expect(await rowOf(administrators)).toEqual(kept);
  });

  it('is forgotten in batches, however many events there are of them', async () => {
    const gone = await given.user({ deleted: true });
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [gone.id]);
    // Some by themselves, some by nobody known; 50 at one moment, as when all sessions end.
    await database.pool.query(
      `INSERT INTO audit_events (id, at, event, outcome, actor_id, subject_id, ip)
       SELECT gen_random_uuid(), now() - greatest(n, 50) * interval '1 s', 'test',
         CASE WHEN n % 3 = 0 THEN 'failure' ELSE 'success' END, CASE WHEN n % 2 = 0 THEN $1::uuid END, $1, '192.0.2.7'
       FROM generate_series(1, 500) AS n`,
      [gone.id],
    );
    await database.pool.query(`
      CREATE TABLE blanked (rows bigint, of_transaction bigint);
      CREATE FUNCTION note_blanked() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO blanked SELECT count(*), txid_current() FROM news; RETURN NULL; END';
      CREATE TRIGGER note AFTER UPDATE ON audit_events REFERENCING NEW TABLE AS news
        FOR EACH STATEMENT EXECUTE FUNCTION note_blanked()`);

    expect(await reap(20)).toMatchObject({ users: 1 });

    const { rows } = await database.pool.query<{ most: number; all: number }>(
      `SELECT max(rows)::int AS most, sum(rows)::int AS all
       FROM (SELECT sum(rows) AS rows FROM blanked GROUP BY of_transaction) AS statements`,
    );
    await database.pool.query('DROP TABLE blanked; DROP FUNCTION note_blanked CASCADE');
    expect(rows[0]?.all).toBe(500);
    // A batch, and those of the moment that it ends with.
    expect(rows[0]?.most).toBeLessThan(20 + 50);
  });

  it('is not forgotten who may come back', async () => {
    const { id: actor } = await given.user();
    const event = await written({ actor });

    const forget = database.pool.query('UPDATE users SET forgotten_until = now() WHERE id = $1', [actor]);
    await expect(forget).rejects.toMatchObject({ code: refused.code });

    expect(await rowOf(event)).toMatchObject({ ip: '192.0.2.7', user_agent: 'tests' });
  });

  it('is not gone when that is rolled back', async () => {
    const { id: actor } = await given.user();
    const event = await written({ actor });
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('DELETE FROM users WHERE id = $1', [actor]);
    await client.query('ROLLBACK');
    client.release();

    expect(await rowOf(event)).toMatchObject({ ip: '192.0.2.7', user_agent: 'tests' });
  });
});

describe('Audit events that are too old', () => {
  const expiries = async (): Promise<unknown[]> =>
    (await database.pool.query<{ deleted: number }>('SELECT deleted FROM audit_expiries ORDER BY at, id')).rows;

  it('go with the next reaping, in batches, and that is written down', async () => {
    await reap();
    const before = await expiries();
    const old = await Promise.all([1, 2, 3, 4, 5].map(async () => await written({ age: '91 days' })));
    const young = await written({ age: '89 days' });

    expect(await reap(2)).toMatchObject({ auditEvents: 5 });

    expect(await Promise.all(old.map(rowOf))).toEqual(old.map(() => undefined));
    expect(await rowOf(young)).toBeDefined();
    expect((await expiries()).slice(before.length)).toEqual([{ deleted: 2 }, { deleted: 2 }, { deleted: 1 }]);
  });

  it('leave no trace of a reaping that finds none', async () => {
    await reap();
    const before = await expiries();

    expect(await reap()).toMatchObject({ auditEvents: 0 });

    expect(await expiries()).toEqual(before);
  });
});
