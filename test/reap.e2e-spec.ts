import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { ReapJob } from '../src/features/maintenance/reap.job.ts';
import { Ledger } from '../src/queue/ledger.ts';
import { start } from './support/app.ts';
import { Jobs } from './support/jobs.ts';
import { until } from './support/running.ts';

const { app, database, given } = await start();
const ledger = app.get(Ledger);
const jobs = new Jobs(database);
const user = await given.user();

async function insert(sql: string, ...values: unknown[]): Promise<string> {
  const id = uuidv7();
  await database.pool.query(sql, [id, ...values]);
  return id;
}

/** SQL expressions for moments; absent ones are NULL. */
interface Moments {
  readonly expires?: string;
  readonly killed?: string;
  readonly consumed?: string;
  readonly voided?: string;
}

async function mailedToken({ expires, consumed = 'NULL', voided = 'NULL' }: Moments): Promise<string> {
  return await insert(
    `INSERT INTO mailed_tokens (id, purpose, user_id, address, token_hash, expires_at, consumed_at, voided_at)
     VALUES ($1::uuid, 'email_verification', $2, 'a@example.com', decode(replace($1::uuid::text, '-', ''), 'hex'),
       ${expires ?? 'NULL'}, ${consumed}, ${voided})`,
    user.id,
  );
}

async function session({ expires, killed = 'NULL' }: Moments, generations = 3): Promise<string> {
  const id = await insert(
    `INSERT INTO sessions (id, user_id, amr, expires_at, killed_at) VALUES ($1, $2, '{pwd}', ${expires ?? 'NULL'}, ${killed})`,
    user.id,
  );
  await database.pool.query(
    `INSERT INTO refresh_tokens (id, session_id, generation, token_hash, used_at, expires_at)
     SELECT gen_random_uuid(), $1::uuid, n, decode(md5($1::uuid::text || n), 'hex'), now() - interval '90 days', now() - interval '80 days'
     FROM generate_series(1, $2) AS n`,
    [id, generations],
  );
  return id;
}

async function job(state: string, finished: string | null): Promise<string> {
  const id = await insert(
    `INSERT INTO jobs (id, type, queue, payload, state, dispatch, max_attempts, run_at, created_at, finished_at)
     VALUES ($1, 'test.none', 'default', '{}', $2::text, CASE WHEN $2::text IN ('queued', 'scheduled') THEN 'parked' ELSE 'done' END, 5,
       now() - interval '90 days', now() - interval '90 days', ${finished ?? 'NULL'})`,
    state,
  );
  await database.pool.query(
    `INSERT INTO job_events (job_id, seq, kind, data) SELECT $1, n, 'progress', '{}' FROM generate_series(1, 5) AS n`,
    [id],
  );
  return id;
}

async function artifact(jobId: string, expires: string): Promise<string> {
  const id = await insert(
    `INSERT INTO artifacts (id, job_id, filename, media_type, size, expires_at) VALUES ($1, $2, 'a', 'text/csv', 3, ${expires})`,
    jobId,
  );
  await database.pool.query(
    `INSERT INTO artifact_chunks (artifact_id, seq, data) SELECT $1, n, 'abc' FROM generate_series(0, 4) AS n`,
    [id],
  );
  return id;
}

async function mail(
  sent: string | null,
  mailedTokenId: string | null = null,
  age = sent === null ? '50 days' : '90 days',
): Promise<string> {
  return await insert(
    `INSERT INTO mails (id, template, recipient, created_at, sent_at, mailed_token_id)
     VALUES ($1, 'verification', 'a@example.com', now() - interval '${age}', ${sent ?? 'NULL'}, $2)`,
    mailedTokenId,
  );
}

async function idsIn(table: string): Promise<unknown[]> {
  const { rows } = await database.pool.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`);
  return rows.map(({ id }) => id);
}

async function countIn(table: string, column: string, id: string): Promise<number> {
  return (await database.pool.query(`SELECT 1 FROM ${table} WHERE ${column} = $1`, [id])).rows.length;
}

/** Runs the job as the service does and returns its result. */
async function reap(payload: object = {}): Promise<unknown> {
  const { id } = await ledger.enqueueByType('maintenance.reap', payload);
  await jobs.reach(id, 'succeeded');
  return (await jobs.find(id))?.['result'];
}

const ago = (interval: string): string => `now() - interval '${interval}'`;
const ahead = `now() + interval '1 day'`;

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

describe('maintenance.reap', () => {
  it('deletes mailed tokens a week after they were of no use, and keeps their mails', async () => {
    const gone = [
      await mailedToken({ expires: ago('8 days') }),
      await mailedToken({ expires: ahead, consumed: ago('8 days') }),
      await mailedToken({ expires: ahead, voided: ago('8 days') }),
    ];
    const kept = [
      await mailedToken({ expires: ahead }),
      await mailedToken({ expires: ago('6 days') }),
      await mailedToken({ expires: ago('6 days'), consumed: ago('6 days'), voided: ago('6 days') }),
    ];
    const waiting = await mail(null, gone[0]);

    expect(await reap()).toMatchObject({ mailedTokens: 3, mails: 0 });

    expect(await idsIn('mailed_tokens')).toEqual(kept.sort());
    expect(await idsIn('mails')).toEqual([waiting]);
  });

  it('deletes sessions a month after their end, with their refresh tokens', async () => {
    const gone = [
      await session({ expires: ago('31 days') }),
      await session({ expires: ahead, killed: ago('31 days') }),
      await session({ expires: ago('31 days'), killed: ago('40 days') }),
    ];
    const live = await session({ expires: ahead });
    const kept = [
      live,
      await session({ expires: ago('29 days') }),
      await session({ expires: ahead, killed: ago('29 days') }),
    ];

    expect(await reap()).toMatchObject({ sessions: 3, refreshTokens: 9 });

    expect(await idsIn('sessions')).toEqual(kept.sort());
    for (const id of gone) expect(await countIn('refresh_tokens', 'session_id', id)).toBe(0);
    // Spent and expired generations of a live session show that a token was stolen.
    expect(await countIn('refresh_tokens', 'session_id', live)).toBe(3);
  });

  it('forgets the sealed successors of refresh tokens whose grace is over', async () => {
    const id = await session({ expires: ahead }, 2);
    await database.pool.query(
      `UPDATE refresh_tokens SET sealed_child = 'sealed',
         used_at = CASE generation WHEN 1 THEN now() - interval '2 minutes' ELSE now() END WHERE session_id = $1`,
      [id],
    );

    expect(await reap()).toMatchObject({ sealedSuccessors: 1 });

    const { rows } = await database.pool.query(
      `SELECT generation FROM refresh_tokens WHERE session_id = $1 AND sealed_child IS NOT NULL`,
      [id],
    );
    expect(rows).toEqual([{ generation: 2 }]);
  });

  it('deletes users a month after they were deleted', async () => {
    const gone = await given.user({ deleted: true });
    const kept = await given.user({ deleted: true });
    const unverified = await given.user({ verified: false });
    const fresh = await given.user({ verified: false });
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [gone.id]);
    await database.pool.query(`UPDATE users SET updated_at = now() - interval '31 days' WHERE id = $1`, [
      unverified.id,
    ]);

    expect(await reap()).toMatchObject({ users: 2 });

    expect(await idsIn('users')).toEqual([user.id, kept.id, fresh.id].sort());
  });

  it('deletes artifacts of attempts that did not succeed, with their contents', async () => {
    const discarded = await artifact(await job('cancelled', ago('1 minute')), ahead);
    await database.pool.query('UPDATE artifacts SET discarded_at = now(), expires_at = now() WHERE id = $1', [
      discarded,
    ]);

    expect(await reap()).toMatchObject({ artifactChunks: 5, artifacts: 1 });

    expect(await countIn('artifacts', 'id', discarded)).toBe(0);
  });

  it('deletes the contents of artifacts once they have expired', async () => {
    const gone = await artifact(await job('succeeded', ago('8 days')), ago('1 minute'));
    const kept = await artifact(await job('succeeded', ago('1 day')), ahead);

    expect(await reap()).toMatchObject({ artifactChunks: 5, artifacts: 0 });

    // That there was one is told for a while: 410, not 404.
    expect(await idsIn('artifacts')).toEqual([gone, kept].sort());
    expect(await countIn('artifact_chunks', 'artifact_id', gone)).toBe(0);
    expect(await countIn('artifact_chunks', 'artifact_id', kept)).toBe(5);
  });

  it('deletes jobs a month after they finished, and none that has not', async () => {
    const gone = [
      await job('succeeded', ago('31 days')),
      await job('dead', ago('31 days')),
      await job('cancelled', ago('31 days')),
    ];
    const fetched = await job('succeeded', ago('31 days'));
    await artifact(fetched, ahead);
    const kept = [
      fetched,
      await job('succeeded', ago('29 days')),
      await job('queued', null),
      await job('scheduled', null),
    ];

    expect(await reap()).toMatchObject({ jobs: 3 });

    const left = await idsIn('jobs');
    for (const id of gone) {
      expect(left).not.toContain(id);
      expect(await countIn('job_events', 'job_id', id)).toBe(0);
    }
    expect(left).toEqual(expect.arrayContaining(kept));
    for (const id of kept) expect(await countIn('job_events', 'job_id', id)).toBe(5);
  });

  it('deletes mails a month after they were sent, and those that never were a month later', async () => {
    await database.pool.query('DELETE FROM mails');
    await mail(ago('31 days'));
    await mail(null, null, '61 days');
    const kept = [await mail(ago('29 days')), await mail(null)];

    expect(await reap()).toMatchObject({ mails: 2 });

    expect(await idsIn('mails')).toEqual(kept.sort());
  });

  it('I11: deletes idempotency records once their day is over', async () => {
    await database.pool.query(
      `INSERT INTO idempotency_records (scope, key, fingerprint, status, headers, expires_at)
       VALUES ('user:a', 'gone', '', 204, '{}', ${ago('1 second')}), ('user:a', 'kept', '', 204, '{}', ${ahead})`,
    );

    expect(await reap({ batch: 1 })).toMatchObject({ idempotencyRecords: 1 });

    expect((await database.pool.query('SELECT key FROM idempotency_records')).rows).toEqual([{ key: 'kept' }]);
  });

  it('deletes buckets of attempts whose window has ended, and no others', async () => {
    await database.pool.query(
      `INSERT INTO attempt_buckets (key, failures, ends_at)
       VALUES ('login-address:60:a', 30, ${ago('1 second')}), ('login-address:60:b', 30, ${ago('1 day')}),
         ('login-address:60:c', 30, ${ahead})`,
    );

    expect(await reap({ batch: 1 })).toMatchObject({ attemptBuckets: 2 });

    const { rows } = await database.pool.query('SELECT key FROM attempt_buckets');
    expect(rows).toEqual([{ key: 'login-address:60:c' }]);
    await database.pool.query('DELETE FROM attempt_buckets');
  });

  it('deletes in batches, each a statement of its own, until nothing is left', async () => {
    await database.pool.query(`
      CREATE TABLE reaped (what text, rows bigint, transaction bigint);
      CREATE FUNCTION note_reaped() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO reaped SELECT TG_TABLE_NAME, count(*), txid_current() FROM gone;
        RETURN NULL;
      END;
      $$;`);
    for (const table of [
      'mailed_tokens',
      'sessions',
      'refresh_tokens',
      'job_events',
      'jobs',
      'artifact_chunks',
      'mails',
    ]) {
      await database.pool.query(
        `CREATE TRIGGER note AFTER DELETE ON ${table} REFERENCING OLD TABLE AS gone
         FOR EACH STATEMENT EXECUTE FUNCTION note_reaped()`,
      );
    }
    for (let n = 0; n < 5; n += 1) {
      await mailedToken({ expires: ago('9 days') });
      await session({ expires: ago('40 days') }, 2);
      await artifact(await job('succeeded', ago('40 days')), ago('33 days'));
      await mail(ago('40 days'));
    }

    const result = await reap({ batch: 2 });

    const each = { mailedTokens: 5, sessions: 5, artifactChunks: 25, artifacts: 5, jobs: 5, mails: 5 };
    const none = { sealedSuccessors: 0, users: 0, auditEvents: 0, idempotencyRecords: 0, attemptBuckets: 0 };
    expect(result).toEqual({ ...each, ...none, refreshTokens: 10 });
    const { rows } = await database.pool.query<Record<string, unknown>>(
      `SELECT what, max(rows)::int AS most, sum(rows)::int AS all,
         count(DISTINCT transaction) FILTER (WHERE rows > 0)::int AS transactions FROM reaped GROUP BY what ORDER BY what`,
    );
    expect(rows).toEqual([
      { what: 'artifact_chunks', most: 2, all: 25, transactions: 13 },
      { what: 'job_events', most: 2, all: 25, transactions: 13 },
      { what: 'jobs', most: 2, all: 5, transactions: 3 },
      { what: 'mailed_tokens', most: 2, all: 5, transactions: 3 },
      { what: 'mails', most: 2, all: 5, transactions: 3 },
      { what: 'refresh_tokens', most: 2, all: 10, transactions: 5 },
      { what: 'sessions', most: 2, all: 5, transactions: 3 },
    ]);
  });

  it('leaves what somebody else has locked for the next time', async () => {
    await database.pool.query(`DROP TABLE reaped CASCADE; DROP FUNCTION note_reaped CASCADE`);
    const locked = await mailedToken({ expires: ago('9 days') });
    await mailedToken({ expires: ago('9 days') });
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM mailed_tokens WHERE id = $1 FOR UPDATE', [locked]);

      expect(await reap()).toMatchObject({ mailedTokens: 1 });
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }

    expect(await reap()).toMatchObject({ mailedTokens: 1 });
  });

  it('finds nothing when it comes again', async () => {
    expect(Object.values((await reap()) as object)).toEqual(Array<number>(12).fill(0));
  });
});

describe('An attempt that is stopped', () => {
  it('ends between two batches', async () => {
    for (let n = 0; n < 4; n += 1) await mailedToken({ expires: ago('9 days') });
    const controller = new AbortController();
    const stopped = new Error('stopped');
    const context = { jobId: uuidv7(), ownerId: null, attempt: 1, lease: uuidv7(), signal: controller.signal };

    const reaping = app.get(ReapJob, { strict: false }).prepare(
      { batch: 1 },
      {
        ...context,
        progress: (done) => {
          if (done === 2) controller.abort(stopped);
        },
      },
    );

    await expect(reaping).rejects.toBe(stopped);
    expect(await reap()).toMatchObject({ mailedTokens: 2 });
  });
});

describe('maintenance.reap of access changes', () => {
  it('deletes what every instance has heard an hour ago', async () => {
    const user = await given.user();
    const insert = `INSERT INTO access_changes (user_id, at) VALUES ($1, now() - $2::interval)`;
    await database.pool.query(insert, [user.id, '61 minutes']);
    await database.pool.query(insert, [user.id, '59 minutes']);

    await reap();

    expect(await countIn('access_changes', 'user_id', user.id)).toBe(1);
  });
});

describe('The questions of maintenance.reap', () => {
  it.each([
    [
      'mailed_tokens_ended_idx',
      `mailed_tokens WHERE LEAST(expires_at, consumed_at, voided_at) < now() - interval '7 days'`,
    ],
    ['sessions_ended_idx', `sessions WHERE LEAST(expires_at, killed_at) < now() - interval '30 days'`],
    ['attempt_buckets_ends_at_idx', `attempt_buckets WHERE ends_at <= now()`],
    ['artifacts_expires_at_idx', `artifacts WHERE expires_at <= now()`],
    ['jobs_finished_idx', `jobs WHERE finished_at < now() - interval '30 days'`],
    ['mails_sent_idx', `mails WHERE sent_at < now() - interval '30 days'`],
    ['mails_mailed_token_idx', `mails WHERE mailed_token_id = '01938c5e-7a80-7000-8000-3f2d6c1b9a04'`],
  ])('have an index: %s', async (index, from) => {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off');
      const { rows } = await client.query<Record<string, string>>(`EXPLAIN SELECT * FROM ${from} LIMIT 1000`);
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain(`Index Scan using ${index}`);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});
