import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import type { Prisma } from '../../../src/platform/database/generated/client.ts';
import type { KeysetRequest } from '../../../src/platform/database/keyset.ts';
import { auditListStatement, securityEventsExport } from '../../../src/features/audit/audit.repository.ts';
import { auditRecords } from '../../../src/features/audit/audit-records.repository.ts';
import { dayCounts, latestFailures } from '../../../src/features/stats/stats.repository.ts';
import { apiKeyListStatement, apiKeysExport } from '../../../src/features/auth/api-keys/api-keys.repository.ts';
import { sessionListStatement, sessionsExport } from '../../../src/features/auth/sessions/session-lists.repository.ts';
import { userSorts, userStatuses } from '../../../src/features/users/user.ts';
import { listStatement } from '../../../src/features/users/users-list.repository.ts';
import { builtInRoles as roles } from '../../../src/platform/http/auth/permissions.ts';
import { jobStates } from '../../../src/platform/queue/job.ts';
import { jobListStatement } from '../../../src/platform/queue/job-lists.repository.ts';
import { claimStatement } from '../../../src/platform/queue/dispatch/bullmq/message-claims.repository.ts';
import { limitStatements } from '../../../src/platform/queue/dispatch/type-limits.repository.ts';
import { dispatchStatements } from '../../../src/platform/queue/dispatch/postgres/claims.repository.ts';
import { scheduleListStatement } from '../../../src/platform/queue/scheduling/schedules.repository.ts';
import { createDatabase } from '../../harness/database/database.ts';
import { combinations, pagesRead } from '../../harness/database/query-plans.ts';

/*
 * Each list with each combination of its filters and sorts, on tables in which combined values are rare: a list page
 * reads few pages of the table and its indexes for every combination, and never scans a whole table.
 */

const busy = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const quiet = '01938c5e-7a80-7000-8000-3f2d6c1b9a05';
const limit = 20;
const database = await createDatabase();
const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

/** Inserts `count` rows; `n` is the number of the row. */
async function fill(count: number, insert: string): Promise<void> {
  await database.pool.query(`${insert} FROM generate_series(1, ${count}) AS n`);
}

beforeAll(async () => {
  // Half of the users are disabled and 2 % are administrators, none of whom is disabled; 10,000 were deleted in a row.
  await fill(
    50_000,
    `INSERT INTO users (id, email, email_normalized, email_verified_at, roles, disabled_at, deleted_at, created_at)
     SELECT gen_random_uuid(), md5(n::text) || '@example.com', md5(n::text) || '@example.com',
       CASE WHEN n % 20 <> 3 THEN now() END, (CASE WHEN n % 50 = 7 THEN '{user,admin}' ELSE '{user}' END)::text[],
       CASE WHEN n % 2 = 0 THEN now() END, CASE WHEN n BETWEEN 10001 AND 20000 THEN now() END,
       now() - n * interval '1 min'`,
  );
  // One owner has every other job, queued or succeeded; all other jobs are dead.
  await fill(
    100_000,
    `INSERT INTO jobs (id, type, queue, owner_id, payload, state, delivery, next_delivery_at, max_attempts, run_at, created_at)
     SELECT gen_random_uuid(), CASE WHEN n = 100000 THEN 'test.rare' ELSE 'test.effect' END, 'default',
       CASE WHEN n % 2 = 0 THEN '${busy}'::uuid END, '{}', 'queued',
       CASE WHEN n > 99900 THEN 'done' WHEN n > 99700 THEN 'published' WHEN n > 99500 THEN 'delayed' ELSE 'pending' END,
       now(), 5, now(), now() - n * interval '1 ms'`,
  );
  await fill(
    50_000,
    `INSERT INTO jobs (id, type, queue, owner_id, payload, state, delivery, max_attempts, run_at, created_at, finished_at)
     SELECT gen_random_uuid(), CASE WHEN n % 5000 = 1 THEN 'test.rare' ELSE 'test.effect' END, 'heavy',
       CASE WHEN n % 2 = 0 THEN '${busy}'::uuid WHEN n % 5000 = 3 THEN '${quiet}'::uuid ELSE gen_random_uuid() END, '{}',
       CASE WHEN n % 2 = 0 THEN 'succeeded' ELSE 'dead' END, 'done', 5, now(), now() - n * interval '1 ms', now()`,
  );
  // Archived jobs of the same times, with ids of several months.
  await fill(
    100_000,
    `INSERT INTO archived_jobs (id, type, queue, owner_id, payload, state, priority, delivery_no, attempts, max_attempts,
       event_seq, run_at, created_at, finished_at, events)
     SELECT overlay(gen_random_uuid()::text PLACING left(uuid_v7_bound(now() - n * interval '1 min')::text, 13) FROM 1)::uuid,
       CASE WHEN n % 5000 = 1 THEN 'test.rare' ELSE 'test.effect' END, 'heavy',
       CASE WHEN n % 2 = 0 THEN '${busy}'::uuid WHEN n % 5000 = 3 THEN '${quiet}'::uuid ELSE gen_random_uuid() END, '{}',
       CASE WHEN n % 2 = 0 THEN 'succeeded' ELSE 'dead' END, 0, 1, 1, 5, 1, now(), now() - n * interval '1 ms', now(), '[]'`,
  );
  // One user is actor and subject of every other event, all successes; most failures are of other users.
  await fill(
    60_000,
    `INSERT INTO audit_events (id, at, event, outcome, actor_id, subject_id)
     SELECT uuid_v7(n), now() - n * interval '1 s',
       CASE WHEN n % 5000 = 1 THEN 'rare' WHEN n % 2 = 0 THEN 'common' ELSE 'refused' END,
       CASE WHEN n % 2 = 0 THEN 'success' ELSE 'failure' END,
       CASE WHEN n % 2 = 0 THEN '${busy}'::uuid WHEN n % 3 <> 0 THEN gen_random_uuid() END,
       CASE WHEN n % 2 = 0 OR n % 3 = 0 THEN '${busy}'::uuid WHEN n % 5000 = 5 THEN '${quiet}'::uuid ELSE gen_random_uuid() END`,
  );
  await database.pool.query(
    `INSERT INTO users (id, email, email_normalized) VALUES ('${busy}', 'busy@example.com', 'busy@example.com')`,
  );
  await fill(
    20_000,
    `INSERT INTO sessions (id, user_id, amr, expires_at, revoked_at, created_at)
     SELECT gen_random_uuid(), '${busy}', '{pwd}', now() + interval '1 day', CASE WHEN n % 2 = 0 THEN now() END,
       now() - n * interval '1 s'`,
  );
  await database.pool.query(
    `INSERT INTO refresh_tokens (id, session_id, generation, token_hash, expires_at)
     SELECT gen_random_uuid(), id, 1, sha256(id::text::bytea), expires_at FROM sessions`,
  );
  await fill(
    20_000,
    `INSERT INTO api_keys (id, user_id, name, prefix, key_hash, scopes, expires_at, revoked_at, created_at)
     SELECT gen_random_uuid(), '${busy}', 'a', 'a', sha256(n::text::bytea), '{}', now() + interval '1 day',
       CASE WHEN n % 2 = 0 THEN now() END, now() - n * interval '1 s'`,
  );
  await fill(
    5000,
    `INSERT INTO job_schedules (id, type, payload, cron, timezone, created_at)
     SELECT gen_random_uuid(), 'test.effect', '{}', '0 0 * * *', 'UTC', now() - n * interval '1 s'`,
  );
  const client = await database.pool.connect();
  // The plans must not depend on the sample of the rows: 300 for each unit of the target, so that it has all of them.
  await client.query('SET default_statistics_target = 500');
  await client.query('VACUUM ANALYZE');
  client.release(true);
}, 180_000);

afterAll(async () => {
  await database.drop();
});

/** Describes the lists that read more than `most` pages, or scan a table: their first page, and one in the middle. */
async function expensive<Filter extends object>(
  filters: readonly Filter[],
  statementOf: (filter: Filter, request: KeysetRequest) => Prisma.Sql,
  { keysOf, most }: { keysOf: (filter: Filter) => readonly string[]; most: number },
): Promise<string[]> {
  const found = [];
  for (const filter of filters) {
    for (const from of [undefined, { keys: keysOf(filter), direction: 'next' as const }]) {
      const { text, values } = statementOf(filter, from === undefined ? { limit } : { limit, from });
      const { pages, scanned } = await pagesRead(database.pool, text, values);
      if (pages > most || scanned.length > 0)
        found.push(`${JSON.stringify(filter)}: ${pages} pages, ${scanned.join() || 'no table'} as a whole`);
    }
  }
  return found;
}

describe('The list of users', () => {
  type Filter = Parameters<typeof listStatement>[0];
  const minutes = 60;
  const all = combinations<Filter>({
    sort: userSorts,
    role: [undefined, ...roles],
    status: [undefined, ...userStatuses],
    emailPrefix: [undefined, 'ab', 'abcde'],
    createdAfter: [undefined, ago(30_000 * minutes)],
    createdBefore: [undefined, ago(27_000 * minutes)],
  });
  const keysOf = ({ sort }: Filter): string[] => (sort.endsWith('email') ? ['ab8'] : [ago(28_000 * minutes), busy]);
  const hasRangeBeside = ({ sort, emailPrefix, createdAfter, createdBefore }: Filter): boolean =>
    sort.endsWith('email') ? createdAfter !== undefined || createdBefore !== undefined : emailPrefix !== undefined;

  it('reads few pages for each sort with each combination of filters', async () => {
    const filters = all.filter((filter) => !hasRangeBeside(filter));

    expect(await expensive(filters, listStatement, { keysOf, most: 100 })).toEqual([]);
  }, 180_000);

  it('reads at most one index for a range on a column that is not sorted', async () => {
    // The table has 1,000 pages, and so has each index.
    expect(await expensive(all.filter(hasRangeBeside), listStatement, { keysOf, most: 800 })).toEqual([]);
  }, 180_000);

  it('reads as few pages with generic plans', async () => {
    const client = await database.pool.connect();
    await client.query('SET plan_cache_mode = force_generic_plan');
    const found = [];
    for (const filter of all.filter((each) => !hasRangeBeside(each))) {
      const { text, values } = listStatement(filter, { limit, from: { keys: keysOf(filter), direction: 'next' } });
      const literals = values.map((value) => `'${String(value)}'`).join();
      await client.query(`PREPARE page AS ${text}`);
      const { pages } = await pagesRead(client, `EXECUTE page (${literals})`);
      await client.query('DEALLOCATE page');
      if (pages > 100) found.push(`${JSON.stringify(filter)}: ${pages} pages`);
    }
    client.release(true);

    expect(found).toEqual([]);
  }, 180_000);

  it.each(roles.filter((role) => role !== 'user'))('has the four indexes of the rare role %s', async (role) => {
    const { rows } = await database.pool.query(
      `SELECT 1 FROM pg_indexes WHERE tablename = 'users' AND indexdef LIKE '%roles @> ARRAY[%'
         AND position(quote_literal($1) IN indexdef) > 0`,
      [role],
    );

    expect(rows).toHaveLength(4);
  });
});

describe('The list of jobs', () => {
  it('reads few pages for each combination of filters', async () => {
    const all = combinations<Parameters<typeof jobListStatement>[0]>({
      descending: [true, false],
      ownerId: [undefined, busy, quiet],
      type: [undefined, 'test.effect', 'test.rare'],
      state: [undefined, ...jobStates],
      createdAfter: [undefined, ago(40)],
      createdBefore: [undefined, ago(30)],
    });

    expect(await expensive(all, jobListStatement, { keysOf: () => [ago(35), busy], most: 400 })).toEqual([]);
  }, 180_000);
});

describe('The list of audit events', () => {
  it('reads few pages for each combination of filters', async () => {
    const all = combinations<Parameters<typeof auditListStatement>[0]>({
      descending: [true, false],
      subjectId: [undefined, busy, quiet],
      actorId: [undefined, busy, quiet],
      event: [undefined, 'common', 'refused', 'rare'],
      outcome: [undefined, 'success', 'failure'],
      since: [undefined, ago(40_000)],
      until: [undefined, ago(30_000)],
    });

    expect(await expensive(all, auditListStatement, { keysOf: () => [ago(35_000), busy], most: 400 })).toEqual([]);
  }, 180_000);
});

describe('Lists without filters', () => {
  it.each<[string, (filter: object, request: KeysetRequest) => Prisma.Sql]>([
    ['the sessions of a user who has had many', (_, request) => sessionListStatement(busy, request)],
    ['the API keys of a user who has had many', (_, request) => apiKeyListStatement(busy, request)],
    ['schedules', (_, request) => scheduleListStatement(request)],
  ])('read few pages: %s', async (_, statementOf) => {
    expect(await expensive([{}], statementOf, { keysOf: () => [ago(2500), busy], most: 150 })).toEqual([]);
  });
});

describe('The export of an account', () => {
  it.each([
    ['security events', securityEventsExport],
    ['sessions', sessionsExport],
    ['API keys', apiKeysExport],
  ])('reads few pages for the %s of a user who has few', async (_, text) => {
    const cursor = `DECLARE export NO SCROLL CURSOR FOR ${text}`;
    const { pages, scanned } = await pagesRead(database.pool, cursor, [quiet]);

    expect({ few: pages < 100, scanned }).toEqual({ few: true, scanned: [] });
  });
});

describe('The export of the audit log', () => {
  it.each([
    ['all events', {}, 'audit_events_initial_at_id_idx'],
    ['a period', { since: ago(40_000), until: ago(30_000) }, 'audit_events_initial_at_id_idx'],
    ['an outcome', { outcome: 'failure' }, 'audit_events_initial_outcome_at_id_idx'],
  ] as const)('reads %s in the order of an index', async (_, filter, index) => {
    const { text, values } = auditRecords(filter).records;

    const plan = await planOf(`DECLARE export NO SCROLL CURSOR FOR ${text}`, values ?? []);

    expect(plan).toContain(index);
    // Empty partitions may be sorted.
    expect(plan).not.toMatch(/Sort .*rows=[1-9]\d* loops/);
  });

  it('reads few pages for a user who has few events', async () => {
    const { count, records } = auditRecords({ subjectId: quiet });
    for (const { text, values } of [count, records]) {
      const { pages, scanned } = await pagesRead(database.pool, text, values);
      expect({ few: pages < 100, scanned }).toEqual({ few: true, scanned: [] });
    }
  });
});

describe('The overview', () => {
  it('counts the users and logins of each day by index only, and at most the limit', async () => {
    await fill(
      20_000,
      `INSERT INTO audit_events (id, at, event, outcome)
       SELECT uuid_v7(n), now() - n * interval '1 min',
         CASE WHEN n % 3 = 0 THEN 'authn_login_fail' ELSE 'authn_login_success' END, 'success'`,
    );
    await database.pool.query('VACUUM ANALYZE audit_events');

    const plan = await planOf(dayCounts.text, [30, 100]);

    expect(plan.match(/Index Only Scan using audit_events_initial_logins_idx/g)).toHaveLength(2);
    expect(plan).toContain('Index Only Scan using users_live_created_at_idx');
    expect(plan).not.toMatch(/Seq Scan .*rows=[1-9]\d* loops/);
    const counted = [...plan.matchAll(/Index Only Scan .*actual time=\S+ rows=(\d+)/g)].map(([, rows]) => Number(rows));
    expect(Math.max(...counted)).toBeLessThanOrEqual(101);
  });

  it('finds the latest dead jobs by their partial index', async () => {
    const plan = await planOf(latestFailures.text, [10]);

    expect(plan).toContain('Index Scan Backward using jobs_dead_idx');
    expect(plan).toMatch(/Index Scan Backward using archived_jobs_\d+_finished_at_id_idx/);
    // At most ten rows of each table are read and sorted.
    expect(plan).not.toMatch(/rows=(?:[3-9]\d|\d{3,}) loops/);
  });
});

/** Executes a statement, undoes its changes, and returns its plan. */
async function planOf(text: string, values: readonly unknown[]): Promise<string> {
  const client = await database.pool.connect();
  await client.query('BEGIN');
  const plan = await explain(client, text, values);
  await client.query('ROLLBACK');
  client.release();
  return plan;
}

async function explain(client: PoolClient, text: string, values: readonly unknown[]): Promise<string> {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${text}`, [...values]);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe('With 100,000 queued jobs, the dispatcher', () => {
  it.each([
    ['finds pending jobs', dispatchStatements.claim, ['default', 1000, ['bench.job'], 10], 'claim'],
    ['finds delayed jobs', dispatchStatements.promoteDelayed, [1000], 'delayed'],
    ['finds expired leases', dispatchStatements.rescue, [1000, ['default', 'heavy']], 'published'],
  ])('%s by their partial index', async (_, text, values, index) => {
    const plan = await planOf(text, values);

    expect(plan).toMatch(new RegExp(`(Index|Bitmap Index) (Only )?Scan (Backward )?(using|on) jobs_${index}_idx`));
    expect(plan).not.toContain('Seq Scan on jobs');
  });

  it.each([
    ['finds pending jobs', 'claim', `text, int, text[], float8`, `'default', 1000, ARRAY['bench.job'], 10`, 'claim'],
    ['finds delayed jobs', 'promoteDelayed', 'int', '1000', 'delayed'],
    ['finds expired leases', 'rescue', 'int, text[]', `1000, ARRAY['default', 'heavy']`, 'published'],
  ] as const)('%s by the same index with a generic plan', async (_, name, types, values, index) => {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SET LOCAL plan_cache_mode = force_generic_plan');
      await client.query(`PREPARE generic (${types}) AS ${dispatchStatements[name]}`);
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) EXECUTE generic (${values})`);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');

      expect(plan).toMatch(new RegExp(`(Index|Bitmap Index) (Only )?Scan (Backward )?(using|on) jobs_${index}_idx`));
      expect(plan).not.toContain('Seq Scan on jobs');
    } finally {
      await client.query('ROLLBACK');
      await client.query('DEALLOCATE ALL');
      client.release();
    }
  });

  describe('when they are limited', () => {
    let client: PoolClient;

    beforeAll(async () => {
      client = await database.pool.connect();
      await client.query('BEGIN');
      await client.query(`UPDATE jobs SET delivery = 'limited', limited_by = 'bench.job' WHERE delivery = 'pending'`);
      await client.query('ANALYZE jobs');
      await client.query(`INSERT INTO job_type_limits VALUES ('bench.job', 5, now())`);
    }, 180_000);

    afterAll(async () => {
      await client.query('ROLLBACK');
      client.release();
    });

    it.each([
      ['finds the types of limited jobs', limitStatements.findWaiting, [['other', 'bench.job']]],
      ['admits limited jobs', limitStatements.admit, ['bench.job', 5]],
    ])('%s by their partial index', async (_, text, values) => {
      const plan = await explain(client, text, values);

      expect(plan).toMatch(/Index (Only )?Scan using jobs_limited_idx/);
      expect(plan).not.toContain('Seq Scan on jobs');
    });
  });

  it('claims the jobs of messages by their ids, and looks for pending ones by their index', async () => {
    const { rows } = await database.pool.query<{ id: string; number: number }>(
      `UPDATE jobs SET delivery = 'published' WHERE id IN (SELECT id FROM jobs WHERE delivery = 'pending' LIMIT 200)
       RETURNING id, delivery_no AS number`,
    );
    const ids = rows.map(({ id }) => id);

    const numbers = rows.map(({ number }) => number);
    const plan = await planOf(claimStatement, [ids.slice(0, 5), numbers.slice(0, 5), 10]);

    expect(plan).toMatch(/Index (Only )?Scan using jobs_claim_idx/);
    expect(plan).not.toMatch(/jobs_published_idx|Seq Scan on jobs/);
    await database.pool.query(`UPDATE jobs SET delivery = 'pending' WHERE id = ANY($1)`, [ids]);
  });

  it('sorts only the rows that it takes', async () => {
    const plan = await planOf(dispatchStatements.claim, ['default', 1000, ['bench.job'], 10]);

    const sorted = [...plan.matchAll(/Sort .*actual time=\S+ rows=(\d+)/g)].map(([, rows]) => Number(rows));
    expect(Math.max(0, ...sorted)).toBeLessThanOrEqual(1000);
    expect(plan).toMatch(/Limit .*actual time=\S+ rows=1000/);
  });
});
