import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { RetentionCleanupJob } from '../../src/features/retention/retention-cleanup.job.ts';
import { JobQueue } from '../../src/platform/queue/job-queue.ts';
import { startApp } from '../harness/app/app.ts';
import { JobTables } from '../harness/database/job-tables.ts';

const { app, database, factory } = await startApp();
const queue = app.get(JobQueue);
const jobs = new JobTables(database);
const user = await factory.user();

async function insert(sql: string, ...values: unknown[]): Promise<string> {
  const id = uuidv7();
  await database.pool.query(sql, [id, ...values]);
  return id;
}

/** SQL expressions of times; omitted ones are NULL. */
interface Times {
  readonly expires?: string;
  readonly killed?: string;
  readonly consumed?: string;
  readonly voided?: string;
}

async function oneTimeToken({ expires, consumed = 'NULL', voided = 'NULL' }: Times): Promise<string> {
  return await insert(
    `INSERT INTO one_time_tokens (id, purpose, user_id, email, token_hash, expires_at, consumed_at, revoked_at)
     VALUES ($1::uuid, 'email_verification', $2, 'a@example.com', decode(replace($1::uuid::text, '-', ''), 'hex'),
       ${expires ?? 'NULL'}, ${consumed}, ${voided})`,
    user.id,
  );
}

async function session({ expires, killed = 'NULL' }: Times, generations = 3): Promise<string> {
  const id = await insert(
    `INSERT INTO sessions (id, user_id, amr, expires_at, revoked_at)
     VALUES ($1, $2, '{pwd}', ${expires ?? 'NULL'}, ${killed})`,
    user.id,
  );
  await database.pool.query(
    `INSERT INTO refresh_tokens (id, session_id, generation, token_hash, used_at, expires_at)
     SELECT gen_random_uuid(), $1::uuid, n, decode(md5($1::uuid::text || n), 'hex'),
       now() - interval '90 days', now() - interval '80 days'
     FROM generate_series(1, $2) AS n`,
    [id, generations],
  );
  return id;
}

async function job(state: string, finished: string | null): Promise<string> {
  const id = await insert(
    `INSERT INTO jobs (id, type, queue, payload, state, delivery, max_attempts, run_at, created_at, finished_at)
     VALUES ($1, 'test.none', 'default', '{}', $2::text,
       CASE WHEN $2::text IN ('queued', 'scheduled') THEN 'delayed' ELSE 'done' END, 5, now() - interval '90 days', now() - interval '90 days', ${finished ?? 'NULL'})`,
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
    `INSERT INTO artifacts (id, job_id, filename, media_type, size, expires_at)
     VALUES ($1, $2, 'a', 'text/csv', 3, ${expires})`,
    jobId,
  );
  await database.pool.query(
    `INSERT INTO artifact_chunks (artifact_id, seq, data) SELECT $1, n, 'abc' FROM generate_series(0, 4) AS n`,
    [id],
  );
  return id;
}

/** A file of users in three chunks, without a job. */
async function userImport(expires: string): Promise<void> {
  await database.pool.query(
    `WITH import AS (INSERT INTO user_imports (id, expires_at) VALUES (gen_random_uuid(), ${expires}) RETURNING id)
     INSERT INTO user_import_chunks (import_id, seq, first_line, rows, data)
     SELECT id, seq, 2, 1, '\\x00' FROM import, generate_series(1, 3) AS seq`,
  );
}

async function mail(
  sent: string | null,
  oneTimeTokenId: string | null = null,
  age = sent === null ? '50 days' : '90 days',
): Promise<string> {
  return await insert(
    `INSERT INTO mails (id, template, recipient, created_at, sent_at, one_time_token_id)
     VALUES ($1, 'verification', 'a@example.com', now() - interval '${age}', ${sent ?? 'NULL'}, $2)`,
    oneTimeTokenId,
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
async function runCleanup(payload: object = {}): Promise<unknown> {
  const { id } = await queue.enqueueByType('retention.cleanup', payload);
  await jobs.reach(id, 'succeeded');
  return (await jobs.find(id))?.['result'];
}

const ago = (interval: string): string => `now() - interval '${interval}'`;
const ahead = `now() + interval '1 day'`;

/** No scheduled cleanup runs meanwhile. */
beforeAll(async () => {
  await jobs.pauseSchedules();
});

describe('retention.cleanup', () => {
  it('deletes one-time tokens a week after their use, revocation or expiry, and keeps their emails', async () => {
    const expired = [
      await oneTimeToken({ expires: ago('8 days') }),
      await oneTimeToken({ expires: ahead, consumed: ago('8 days') }),
      await oneTimeToken({ expires: ahead, voided: ago('8 days') }),
    ];
    const remaining = [
      await oneTimeToken({ expires: ahead }),
      await oneTimeToken({ expires: ago('6 days') }),
      await oneTimeToken({ expires: ago('6 days'), consumed: ago('6 days'), voided: ago('6 days') }),
    ];
    const waiting = await mail(null, expired[0]);

    expect(await runCleanup()).toMatchObject({ oneTimeTokens: 3, mails: 0 });

    expect(await idsIn('one_time_tokens')).toEqual(remaining.sort());
    expect(await idsIn('mails')).toEqual([waiting]);
  });

  it('deletes sessions a month after their end, with their refresh tokens', async () => {
    const expired = [
      await session({ expires: ago('31 days') }),
      await session({ expires: ahead, killed: ago('31 days') }),
      await session({ expires: ago('31 days'), killed: ago('40 days') }),
    ];
    const live = await session({ expires: ahead });
    const remaining = [
      live,
      await session({ expires: ago('29 days') }),
      await session({ expires: ahead, killed: ago('29 days') }),
    ];

    expect(await runCleanup()).toMatchObject({ sessions: 3, refreshTokens: 9 });

    expect(await idsIn('sessions')).toEqual(remaining.sort());
    for (const id of expired) expect(await countIn('refresh_tokens', 'session_id', id)).toBe(0);
    // Spent and expired generations of a live session show that a token was stolen.
    expect(await countIn('refresh_tokens', 'session_id', live)).toBe(3);
  });

  it('deletes the encrypted successors of refresh tokens after the grace period', async () => {
    const id = await session({ expires: ahead }, 2);
    await database.pool.query(
      `UPDATE refresh_tokens SET encrypted_successor = 'encrypted',
         used_at = CASE generation WHEN 1 THEN now() - interval '2 minutes' ELSE now() END WHERE session_id = $1`,
      [id],
    );

    expect(await runCleanup()).toMatchObject({ encryptedSuccessors: 1 });

    const { rows } = await database.pool.query(
      `SELECT generation FROM refresh_tokens WHERE session_id = $1 AND encrypted_successor IS NOT NULL`,
      [id],
    );
    expect(rows).toEqual([{ generation: 2 }]);
  });

  it('deletes users a month after they were deleted', async () => {
    const expired = await factory.user({ deleted: true });
    const remaining = await factory.user({ deleted: true });
    const unverified = await factory.user({ verified: false });
    const fresh = await factory.user({ verified: false });
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [expired.id]);
    await database.pool.query(`UPDATE users SET updated_at = now() - interval '31 days' WHERE id = $1`, [
      unverified.id,
    ]);

    expect(await runCleanup()).toMatchObject({ users: 2 });

    expect(await idsIn('users')).toEqual([user.id, remaining.id, fresh.id].sort());
  });

  it('deletes artifacts of attempts that did not succeed, with their contents', async () => {
    const discarded = await artifact(await job('cancelled', ago('1 minute')), ahead);
    await database.pool.query('UPDATE artifacts SET discarded_at = now(), expires_at = now() WHERE id = $1', [
      discarded,
    ]);

    expect(await runCleanup()).toMatchObject({ artifactChunks: 5, artifacts: 1 });

    expect(await countIn('artifacts', 'id', discarded)).toBe(0);
  });

  it('deletes the contents of artifacts once they have expired', async () => {
    const expired = await artifact(await job('succeeded', ago('8 days')), ago('1 minute'));
    const remaining = await artifact(await job('succeeded', ago('1 day')), ahead);

    expect(await runCleanup()).toMatchObject({ artifactChunks: 5, artifacts: 0 });

    // The row stays for a while: 410 instead of 404.
    expect(await idsIn('artifacts')).toEqual([expired, remaining].sort());
    expect(await countIn('artifact_chunks', 'artifact_id', expired)).toBe(0);
    expect(await countIn('artifact_chunks', 'artifact_id', remaining)).toBe(5);
  });

  it('deletes jobs a month after they finished, and archives them after a week', async () => {
    const expired = [
      await job('succeeded', ago('31 days')),
      await job('dead', ago('31 days')),
      await job('cancelled', ago('31 days')),
    ];
    const fetched = await job('succeeded', ago('31 days'));
    await artifact(fetched, ahead);
    const archived = await job('succeeded', ago('29 days'));
    const remaining = [
      fetched,
      await job('succeeded', ago('6 days')),
      await job('queued', null),
      await job('scheduled', null),
    ];

    expect(await runCleanup()).toMatchObject({ jobs: 3 });

    const left = await idsIn('jobs');
    for (const id of expired) {
      expect(left).not.toContain(id);
      expect(await countIn('job_events', 'job_id', id)).toBe(0);
    }
    expect(left).toEqual(expect.arrayContaining(remaining));
    for (const id of remaining) expect(await countIn('job_events', 'job_id', id)).toBe(5);
    expect(await idsIn('archived_jobs')).toContain(archived);
    expect(await countIn('job_events', 'job_id', archived)).toBe(0);
  });

  it('deletes sent emails after a month and unsent ones after two', async () => {
    await database.pool.query('DELETE FROM mails');
    await mail(ago('31 days'));
    await mail(null, null, '61 days');
    const remaining = [await mail(ago('29 days')), await mail(null)];

    expect(await runCleanup()).toMatchObject({ mails: 2 });

    expect(await idsIn('mails')).toEqual(remaining.sort());
  });

  it('deletes idempotency records after their expiry', async () => {
    await database.pool.query(
      `INSERT INTO idempotency_records (scope, key, fingerprint, status, headers, expires_at)
       VALUES ('user:a', 'expired', '', 204, '{}', ${ago('1 second')}), ('user:a', 'remaining', '', 204, '{}', ${ahead})`,
    );

    expect(await runCleanup({ batch: 1 })).toMatchObject({ idempotencyRecords: 1 });

    expect((await database.pool.query('SELECT key FROM idempotency_records')).rows).toEqual([{ key: 'remaining' }]);
  });

  it('deletes challenges of passkeys after their expiry', async () => {
    await database.pool.query(
      `INSERT INTO passkey_challenges (challenge_hash, purpose, expires_at)
       VALUES ('\\x00', 'login', ${ago('1 second')}), ('\\x01', 'login', ${ahead})`,
    );

    await runCleanup({ batch: 1 });

    const { rows } = await database.pool.query('SELECT challenge_hash FROM passkey_challenges');
    expect(rows).toEqual([{ challenge_hash: Buffer.from([1]) }]);
  });

  it('deletes attempt buckets whose window has ended, and no others', async () => {
    await database.pool.query(
      `INSERT INTO rate_limit_buckets (key, failures, expires_at)
       VALUES ('login-ip:60:a', 30, ${ago('1 second')}), ('login-ip:60:b', 30, ${ago('1 day')}),
         ('login-ip:60:c', 30, ${ahead})`,
    );

    expect(await runCleanup({ batch: 1 })).toMatchObject({ rateLimitBuckets: 2 });

    const { rows } = await database.pool.query('SELECT key FROM rate_limit_buckets');
    expect(rows).toEqual([{ key: 'login-ip:60:c' }]);
    await database.pool.query('DELETE FROM rate_limit_buckets');
  });

  it('deletes in batches, each in its own transaction, until nothing is left', async () => {
    await database.pool.query(`
      CREATE TABLE deleted_rows (what text, rows bigint, transaction bigint);
      CREATE FUNCTION record_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO deleted_rows SELECT TG_TABLE_NAME, count(*), txid_current() FROM deleted;
        RETURN NULL;
      END;
      $$;`);
    for (const table of [
      'one_time_tokens',
      'sessions',
      'refresh_tokens',
      'job_events',
      'jobs',
      'artifact_chunks',
      'mails',
      'user_imports',
      'user_import_chunks',
    ]) {
      await database.pool.query(
        `CREATE TRIGGER note AFTER DELETE ON ${table} REFERENCING OLD TABLE AS deleted
         FOR EACH STATEMENT EXECUTE FUNCTION record_deleted()`,
      );
    }
    for (let n = 0; n < 5; n += 1) {
      await oneTimeToken({ expires: ago('9 days') });
      await session({ expires: ago('40 days') }, 2);
      await artifact(await job('succeeded', ago('40 days')), ago('33 days'));
      await mail(ago('40 days'));
      await userImport(ago('1 second'));
    }
    await userImport(ahead);

    const result = await runCleanup({ batch: 2 });

    const each = { oneTimeTokens: 5, sessions: 5, artifactChunks: 25, artifacts: 5, jobs: 5, mails: 5 };
    const imports = { userImports: 5, userImportChunks: 15 };
    const none = { encryptedSuccessors: 0, users: 0, auditEvents: 0, idempotencyRecords: 0, rateLimitBuckets: 0 };
    expect(result).toEqual({ ...each, ...imports, ...none, refreshTokens: 10 });
    const { rows } = await database.pool.query<Record<string, unknown>>(
      `SELECT what, max(rows)::int AS most, sum(rows)::int AS all,
         count(DISTINCT transaction) FILTER (WHERE rows > 0)::int AS transactions
       FROM deleted_rows GROUP BY what ORDER BY what`,
    );
    expect(rows).toEqual([
      { what: 'artifact_chunks', most: 2, all: 25, transactions: 13 },
      { what: 'job_events', most: 2, all: 25, transactions: 13 },
      { what: 'jobs', most: 2, all: 5, transactions: 3 },
      { what: 'mails', most: 2, all: 5, transactions: 3 },
      { what: 'one_time_tokens', most: 2, all: 5, transactions: 3 },
      { what: 'refresh_tokens', most: 2, all: 10, transactions: 5 },
      { what: 'sessions', most: 2, all: 5, transactions: 3 },
      { what: 'user_import_chunks', most: 2, all: 15, transactions: 8 },
      { what: 'user_imports', most: 2, all: 5, transactions: 3 },
    ]);
    const left = await database.pool.query<{ seq: number }>('SELECT seq FROM user_import_chunks ORDER BY seq');
    expect(left.rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('leaves locked rows for the next cleanup', async () => {
    await database.pool.query(`DROP TABLE deleted_rows CASCADE; DROP FUNCTION record_deleted CASCADE`);
    const locked = await oneTimeToken({ expires: ago('9 days') });
    await oneTimeToken({ expires: ago('9 days') });
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM one_time_tokens WHERE id = $1 FOR UPDATE', [locked]);

      expect(await runCleanup()).toMatchObject({ oneTimeTokens: 1 });
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }

    expect(await runCleanup()).toMatchObject({ oneTimeTokens: 1 });
  });

  it('deletes nothing when repeated', async () => {
    expect(Object.values((await runCleanup()) as object)).toEqual(Array<number>(14).fill(0));
  });
});

describe('An attempt in which one deletion fails', () => {
  it('deletes the other expired rows, and fails', async () => {
    const expired = await factory.user({ deleted: true });
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [expired.id]);
    const token = await oneTimeToken({ expires: ago('9 days') });
    await database.pool.query(`
      CREATE FUNCTION prevent_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the deletion failed';
      END;
      $$;
      CREATE TRIGGER prevented BEFORE DELETE ON one_time_tokens FOR EACH ROW EXECUTE FUNCTION prevent_deletion();`);
    const signal = new AbortController().signal;
    const ignored = { progress: () => undefined, fenceTransaction: () => undefined };
    const context = { jobId: uuidv7(), ownerId: null, attempt: 1, lease: uuidv7(), signal, ...ignored };

    const cleanup = app.get(RetentionCleanupJob, { strict: false }).prepare({ batch: 10 }, context);

    await expect(cleanup).rejects.toThrow('the deletion failed');
    expect(await idsIn('one_time_tokens')).toContain(token);
    expect(await idsIn('users')).not.toContain(expired.id);
    await database.pool.query('DROP FUNCTION prevent_deletion CASCADE; DELETE FROM one_time_tokens');
  });
});

describe('An aborted attempt', () => {
  it('stops between two batches', async () => {
    for (let n = 0; n < 4; n += 1) await oneTimeToken({ expires: ago('9 days') });
    const controller = new AbortController();
    const aborted = new Error('aborted');
    const context = { jobId: uuidv7(), ownerId: null, attempt: 1, lease: uuidv7(), signal: controller.signal };

    const cleanup = app.get(RetentionCleanupJob, { strict: false }).prepare(
      { batch: 1 },
      {
        ...context,
        fenceTransaction: () => undefined,
        progress: (done) => {
          if (done === 2) controller.abort(aborted);
        },
      },
    );

    await expect(cleanup).rejects.toBe(aborted);
    expect(await runCleanup()).toMatchObject({ oneTimeTokens: 2 });
  });
});

describe('retention.cleanup of access invalidations', () => {
  it('deletes them after an hour', async () => {
    const user = await factory.user();
    const insert = `INSERT INTO access_invalidations (user_id, at) VALUES ($1, now() - $2::interval)`;
    await database.pool.query(insert, [user.id, '61 minutes']);
    await database.pool.query(insert, [user.id, '59 minutes']);

    await runCleanup();

    expect(await countIn('access_invalidations', 'user_id', user.id)).toBe(1);
  });
});

describe('The queries of retention.cleanup', () => {
  it.each([
    [
      'one_time_tokens_ended_idx',
      `one_time_tokens WHERE LEAST(expires_at, consumed_at, revoked_at) < now() - interval '7 days'`,
    ],
    ['sessions_ended_idx', `sessions WHERE LEAST(expires_at, revoked_at) < now() - interval '30 days'`],
    ['rate_limit_buckets_expires_at_idx', `rate_limit_buckets WHERE expires_at <= now()`],
    ['passkey_challenges_expires_at_idx', `passkey_challenges WHERE expires_at <= now()`],
    ['artifacts_expires_at_idx', `artifacts WHERE expires_at <= now()`],
    ['jobs_finished_idx', `jobs WHERE finished_at < now() - interval '30 days'`],
    ['mails_sent_idx', `mails WHERE sent_at < now() - interval '30 days'`],
    ['mails_one_time_token_idx', `mails WHERE one_time_token_id = '01938c5e-7a80-7000-8000-3f2d6c1b9a04'`],
  ])('use the index %s', async (index, from) => {
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
