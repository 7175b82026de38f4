import { beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { JobArchive } from '../../src/features/jobs/job-archive.ts';
import { readDatabaseUrl } from '../../src/platform/config/database-url.ts';
import { ArchivedJobsRepository } from '../../src/platform/queue/archived-jobs.repository.ts';
import { startApp } from '../harness/app/app.ts';
import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { EventReader } from '../harness/http/event-reader.ts';

const { app, api, factory, database } = await startApp({ WORKER: 'off' }, [ExampleJobsModule, shortQueueTimings()]);
const archivedJobs = app.get(ArchivedJobsRepository);
const admin = await factory.admin();
const asAdmin = api.as(admin);
const ada = await factory.user({ roles: [] });
const asAda = api.as(ada);
const dayMs = 24 * 3600 * 1000;

interface Traits {
  readonly state?: string;
  readonly type?: string;
  readonly finishedDaysAgo?: number;
  /** When the job was created, and its id. */
  readonly createdDaysAgo?: number;
  readonly ownerId?: string | null;
  readonly events?: number;
  readonly id?: string;
  readonly key?: string;
}

/** Inserts a finished job with its events. */
async function finishedJob(traits: Traits = {}): Promise<string> {
  const { state = 'succeeded', type = 'test.steps', finishedDaysAgo = 8, createdDaysAgo = finishedDaysAgo } = traits;
  const { ownerId = ada.id, events = 3, key = null } = traits;
  const createdAt = Date.now() - createdDaysAgo * dayMs;
  const { id = uuidv7({ msecs: createdAt }) } = traits;
  await database.pool.query(
    `INSERT INTO jobs (id, type, queue, owner_id, payload, state, delivery, delivery_no, priority, attempts,
       max_attempts, progress, result, error, event_seq, request_id, traceparent, run_at, created_at, started_at,
       finished_at, deduplication_key)
     VALUES ($1, $2, 'heavy', $3, '{"steps": 2}', $4::text, 'done', 3, 7, 2, 5, '{"done": 1, "total": 2}',
       CASE $4::text WHEN 'succeeded' THEN '{"steps": 2}'::jsonb END,
       CASE $4::text WHEN 'dead' THEN '{"name": "Error", "message": "It failed."}'::jsonb END,
       $5, 'request', 'trace', $6, $6, $6::timestamptz + interval '0.123456 s', $7, $8)`,
    [id, type, ownerId, state, events, new Date(createdAt), new Date(Date.now() - finishedDaysAgo * dayMs), key],
  );
  await database.pool.query(
    `INSERT INTO job_events (job_id, seq, at, kind, data)
     SELECT $1, n, $3::timestamptz + n * interval '0.000123 s', CASE n WHEN $2::int THEN 'done' ELSE 'progress' END,
       CASE n WHEN $2::int THEN jsonb_build_object('state', $4::text) ELSE jsonb_build_object('done', n, 'total', 2) END
     FROM generate_series(1, $2::int) AS n`,
    [id, events, new Date(createdAt), state],
  );
  return id;
}

async function idsIn(table: string, ids: readonly string[]): Promise<string[]> {
  const column = table === 'job_events' ? 'job_id' : 'id';
  const { rows } = await database.pool.query<{ id: string }>(
    `SELECT DISTINCT ${column} AS id FROM ${table} WHERE ${column} = ANY($1) ORDER BY 1`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

async function partitionNames(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'archived_jobs'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** The partition of the month of a time. */
function partitionOf(time: number): string {
  return `archived_jobs_${new Date(time).toISOString().slice(0, 7).replace('-', '')}`;
}

async function createPartition(month: string): Promise<void> {
  await database.pool.query(`SELECT create_month_partition('archived_jobs', $1)`, [new Date(month)]);
}

async function removeExpired(limit = 1000): Promise<number> {
  return await app.get(JobArchive, { strict: false }).deleteExpired(limit, new AbortController().signal);
}

/** Moves all jobs that can be moved. */
async function archiveAll(): Promise<void> {
  while ((await archivedJobs.archive(1000)) > 0);
}

/** What the API returns, without the headers of the request at hand. */
function shown({ status, body }: ApiResponse): unknown {
  return { status, body };
}

interface Page {
  readonly data: readonly { readonly id: string }[];
  readonly page: { readonly next: string | null; readonly prev: string | null };
}

/** Every page of a list in one direction. */
async function pages(query: string, to: 'next' | 'prev' = 'next', from = ''): Promise<Page[]> {
  const found: Page[] = [];
  for (let cursor: string | null = from; cursor !== null;) {
    const { body } = await asAdmin.get(`/v1/jobs?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`, {
      Prefer: 'return=total-count',
    });
    found.push(body as Page);
    cursor = found.at(-1)?.page[to] ?? null;
  }
  return found;
}

/** Both directions, with all members. */
async function allPages(query: string): Promise<Page[]> {
  const forward = await pages(query);
  return [...forward, ...(await pages(query, 'prev', forward.at(-1)?.page.prev ?? ''))];
}

async function events(id: string, lastEventId?: number): Promise<string> {
  const { accessToken } = await api.tokensOf(ada);
  const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': String(lastEventId) };
  const reader = await EventReader.open(`${api.baseUrl}/v1/jobs/${id}/events`, accessToken, headers);
  await reader.end();
  return reader.text;
}

beforeAll(async () => {
  await database.pool.query('UPDATE job_schedules SET paused_at = now()');
});

describe('An archived job', () => {
  it('is shown as before, also in each list and by its event stream', async () => {
    const states = ['succeeded', 'dead', 'cancelled'];
    const ids: string[] = [];
    for (let n = 0; n < 36; n += 1) {
      // Two created at the same time; half of them are archived, in turn.
      const traits = { state: states[n % 3] ?? '', type: n % 4 === 0 ? 'test.file' : 'test.steps' };
      const createdDaysAgo = 10 + Math.floor(n / 2);
      ids.push(await finishedJob({ ...traits, createdDaysAgo, finishedDaysAgo: n % 2 === 0 ? 8 : 6 }));
    }
    for (let n = 0; n < 14; n += 1) {
      // Too young for the archive.
      const traits = { state: states[n % 3] ?? '', type: n % 4 === 0 ? 'test.file' : 'test.steps' };
      ids.push(await finishedJob({ ...traits, createdDaysAgo: n / 2, finishedDaysAgo: n / 2 }));
    }
    const ofOther = await finishedJob({ ownerId: null, state: 'dead' });
    const waiting = await asAda.post('/v1/jobs', {
      ...{ type: 'test.steps', payload: { steps: 0 } },
      runAt: new Date(Date.now() + dayMs).toISOString(),
    });
    expect(waiting.status).toBe(202);
    const between = new Date(Date.now() - 15.5 * dayMs).toISOString();
    const filters = ['', `owner=${ada.id}`, 'type=test.steps', `owner=${ada.id}&type=test.file`, 'state=dead'];
    filters.push(`owner=${ada.id}&state=succeeded`, 'state=scheduled', `createdAfter=${between}`);
    filters.push(
      `createdBefore=${between}&owner=${ada.id}`,
      `createdBefore=${between}&type=test.steps&state=cancelled`,
    );
    const queries = filters.flatMap((filter) =>
      ['createdAt', '-createdAt'].map((sort) => `${filter}&sort=${sort}&limit=5`),
    );
    const read = async (): Promise<unknown> => ({
      jobs: await Promise.all([...ids, ofOther].map(async (id) => shown(await asAdmin.get(`/v1/jobs/${id}`)))),
      own: shown(await asAda.get('/v1/jobs')),
      artifact: shown(await asAda.get(`/v1/jobs/${ids[0] ?? ''}/artifact`, { 'X-Request-Id': 'same' })),
      hidden: shown(await asAda.get(`/v1/jobs/${ofOther}`, { 'X-Request-Id': 'same' })),
      lists: await Promise.all(queries.map(allPages)),
      streams: [await events(ids[0] ?? ''), await events(ids[0] ?? '', 2), await events(ids[0] ?? '', 99)],
      failures: await latestFailures(),
    });
    const before = await read();

    await archiveAll();

    expect(await idsIn('archived_jobs', ids)).toHaveLength(18);
    expect(await idsIn('jobs', ids)).toHaveLength(32);
    expect(await idsIn('job_events', ids)).toHaveLength(32);
    expect(await read()).toEqual(before);
    // Schedules may have created other jobs before they were paused.
    const all = new Set([...ids, ofOther, (waiting.body as { id: string }).id]);
    const found = (await pages('limit=5')).flatMap(({ data }) => data).filter(({ id }) => all.has(id));
    expect([found.length, all.size]).toEqual([52, 52]);
  });

  async function latestFailures(): Promise<unknown> {
    const { body } = await asAdmin.get('/v1/stats/overview');
    return (body as { latestFailures: unknown }).latestFailures;
  }

  it('is neither missing nor repeated on the pages of a list while it is moved', async () => {
    const { id: ownerId } = await factory.user({ roles: [] });
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) ids.push(await finishedJob({ ownerId, createdDaysAgo: 9 + n }));
    const found: string[] = [];

    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await asAdmin.get(
        `/v1/jobs?owner=${ownerId}&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      const { data, page } = body as Page;
      found.push(...data.map(({ id }) => id));
      await archivedJobs.archive(4);
      cursor = page.next;
    }

    expect(found).toEqual(ids);
  });

  it('is found at each moment while it is moved in both directions', async () => {
    const id = await finishedJob({ state: 'dead' });
    let moving = true;
    const move = async (): Promise<number> => {
      let moves = 0;
      for (; moving; moves += 1) if (!(await archivedJobs.restore(id))) await archivedJobs.archive(10);
      return moves;
    };
    const read = async (): Promise<void> => {
      for (let n = 0; n < 50; n += 1) {
        expect((await asAda.get(`/v1/jobs/${id}`)).status).toBe(200);
        const { body } = await asAda.get('/v1/jobs?state=dead&limit=100');
        expect((body as Page).data.filter((job) => job.id === id)).toHaveLength(1);
      }
    };

    const moves = move();
    await Promise.all([read(), read()]).finally(() => (moving = false));

    expect(await moves).toBeGreaterThan(10);
  });

  it('cannot be cancelled', async () => {
    const id = await finishedJob({ state: 'dead' });
    await archiveAll();

    expect(await asAda.post(`/v1/jobs/${id}/cancel`)).toBeProblem('job-finished', 409);
  });

  it.each(['dead', 'cancelled'])('is retried when it is %s, with its earlier events', async (state) => {
    const id = await finishedJob({ state });
    const ofJob = 'SELECT * FROM job_events WHERE job_id = $1 ORDER BY seq';
    const { rows: stored } = await database.pool.query<object>(ofJob, [id]);
    const { rows: job } = await database.pool.query<object>('SELECT * FROM jobs WHERE id = $1', [id]);
    await archiveAll();

    const response = await asAda.post(`/v1/jobs/${id}/retry`);

    expect(response).toMatchObject({ status: 200, body: { id, state: 'queued', attempts: 0, error: null } });
    expect(await idsIn('archived_jobs', [id])).toEqual([]);
    const { rows } = await database.pool.query(ofJob, [id]);
    expect(rows).toEqual([...stored, expect.objectContaining({ seq: 4, kind: 'state', data: { state: 'queued' } })]);
    const { rows: after } = await database.pool.query('SELECT * FROM jobs WHERE id = $1', [id]);
    const changed = {
      state: 'queued',
      attempts: 0,
      event_seq: 4,
      error: null,
      progress: null,
      fair_at: expect.any(String),
    };
    const times = { next_delivery_at: expect.any(Date), run_at: expect.any(Date), started_at: null, finished_at: null };
    // With Redis, another process may have sent its message already.
    const delivery = { delivery: expect.stringMatching(/^(pending|published)$/), delivery_no: expect.any(Number) };
    expect(after).toEqual([{ ...job[0], ...changed, ...times, ...delivery }]);
  });

  it('is retried once by two requests at the same time', async () => {
    const id = await finishedJob({ state: 'dead' });
    await archiveAll();

    const responses = await Promise.all([1, 2].map(async () => await asAda.post(`/v1/jobs/${id}/retry`)));

    expect(responses.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('is not retried when it has succeeded, or an unfinished job has its deduplication key', async () => {
    const succeeded = await finishedJob();
    const dead = await finishedJob({ state: 'dead', key: 'a' });
    await archiveAll();
    await database.pool.query(
      `INSERT INTO jobs (id, type, queue, payload, state, delivery, max_attempts, run_at, deduplication_key)
       VALUES ($1, 'test.steps', 'heavy', '{}', 'queued', 'delayed', 1, now(), 'a')`,
      [uuidv7()],
    );

    expect(await asAda.post(`/v1/jobs/${succeeded}/retry`)).toBeProblem('job-not-retryable', 409);
    expect(await asAda.post(`/v1/jobs/${dead}/retry`)).toBeProblem('job-not-retryable', 409);
    expect(await idsIn('archived_jobs', [succeeded, dead])).toHaveLength(2);
  });
});

describe('The archive', () => {
  it('has jobs a week after they finished, unless they have an artifact or more than 10,000 events', async () => {
    const moved = [await finishedJob({ finishedDaysAgo: 7.1 }), await finishedJob({ state: 'cancelled', events: 0 })];
    const withArtifact = await finishedJob();
    await database.pool.query(
      `INSERT INTO artifacts (id, job_id, filename, media_type, size, expires_at)
       VALUES ($1, $2, 'a', 'text/csv', 0, now() - interval '1 day')`,
      [uuidv7(), withArtifact],
    );
    const withManyEvents = await finishedJob();
    await database.pool.query('UPDATE jobs SET event_seq = 10001 WHERE id = $1', [withManyEvents]);
    const left = [withArtifact, withManyEvents, await finishedJob({ finishedDaysAgo: 6.9 })];

    await removeExpired();

    expect(await idsIn('archived_jobs', [...moved, ...left])).toEqual(moved.toSorted());
    expect(await idsIn('jobs', [...moved, ...left])).toEqual(left.toSorted());
    await database.pool.query('DELETE FROM artifacts');
  });

  it('receives jobs in batches, of jobs and of events', async () => {
    await archiveAll();
    const ids = [
      await finishedJob({ finishedDaysAgo: 20 }),
      await finishedJob({ finishedDaysAgo: 19, events: 40 }),
      await finishedJob({ finishedDaysAgo: 18 }),
      await finishedJob({ finishedDaysAgo: 17 }),
    ];

    // Of 30 events, 3 precede the second job, and 43 the third one.
    expect(await archivedJobs.archive(3)).toBe(2);
    expect(await archivedJobs.archive(1)).toBe(1);
    expect(await archivedJobs.archive(3)).toBe(1);
    expect(await archivedJobs.archive(3)).toBe(0);
    expect(await idsIn('archived_jobs', ids)).toHaveLength(4);
  });

  it('receives each job once when several instances move them at the same time', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) ids.push(await finishedJob());
    const work = async (): Promise<number> => {
      let total = 0;
      for (let moved: number; (moved = await archivedJobs.archive(7)) > 0;) total += moved;
      return total;
    };

    const totals = await Promise.all([work(), work(), work()]);
    await archiveAll();

    expect(totals.reduce((sum, one) => sum + one)).toBeLessThanOrEqual(60);
    expect(await idsIn('archived_jobs', ids)).toEqual(ids.toSorted());
    expect(await idsIn('jobs', ids)).toEqual([]);
  });

  it('does not wait for a job that another transaction has locked', async () => {
    const [locked, free] = [await finishedJob(), await finishedJob()];
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM jobs WHERE id = $1 FOR UPDATE', [locked]);

    await archiveAll();

    await client.query('COMMIT');
    client.release();
    expect(await idsIn('jobs', [locked, free])).toEqual([locked]);
  });

  it('keeps the jobs of a month together, and the others in its default partition', async () => {
    const now = Date.now();
    const [recent, old] = [await finishedJob({ createdDaysAgo: 8 }), await finishedJob({ createdDaysAgo: 400 })];
    const other = await finishedJob({ id: 'ffffffff-0000-4000-8000-000000000001' });

    await removeExpired();

    const { rows } = await database.pool.query<{ id: string; name: string }>(
      'SELECT id, tableoid::regclass::text AS name FROM archived_jobs WHERE id = ANY($1)',
      [[recent, old, other]],
    );
    expect(Object.fromEntries(rows.map(({ id, name }) => [id, name]))).toEqual({
      [recent]: partitionOf(now - 8 * dayMs),
      [old]: 'archived_jobs_default',
      [other]: 'archived_jobs_default',
    });
    expect(await partitionNames()).toContain(partitionOf(now));
  });

  it('creates no partition for a month that has jobs in the default one', async () => {
    await archiveAll();
    await finishedJob({ id: uuidv7({ msecs: Date.parse('2001-02-03T00:00:00Z') }) });
    await archiveAll();

    await createPartition('2001-02-01T00:00:00Z');

    expect(await partitionNames()).not.toContain('archived_jobs_200102');
  });
});

describe('Archived jobs that finished 30 days ago', () => {
  const inMonth = (month: string): string => uuidv7({ msecs: Date.parse(`${month}-15T00:00:00Z`) });

  /** Inserts a job into the archive. */
  async function archivedJob(id: string, finishedDaysAgo: number): Promise<string> {
    await finishedJob({ id, finishedDaysAgo });
    await archiveAll();
    return id;
  }

  it('are removed with their partition, or in batches without one', async () => {
    await createPartition('2002-03-01T00:00:00Z');
    await createPartition('2002-04-01T00:00:00Z');
    const expired = [await archivedJob(inMonth('2002-03'), 31), await archivedJob(inMonth('2002-03'), 40)];
    const inBatches = [await archivedJob(inMonth('2002-06'), 31), await archivedJob(inMonth('2002-07'), 31)];
    const kept = [
      await archivedJob(inMonth('2002-04'), 31),
      await archivedJob(inMonth('2002-04'), 29),
      await archivedJob(inMonth('2002-07'), 29),
    ];

    expect(await removeExpired(1)).toBe(3);
    expect(await removeExpired(1)).toBe(1);
    expect(await removeExpired(1)).toBe(0);

    expect(await idsIn('archived_jobs', [...expired, ...inBatches, ...kept])).toEqual(kept.toSorted());
    const names = await partitionNames();
    expect(names).not.toContain('archived_jobs_200203');
    expect(names).toContain('archived_jobs_200204');
    expect(names).toContain(partitionOf(Date.now()));
  });

  it('are removed once by several instances', async () => {
    for (const month of ['2003-01', '2003-02']) {
      await createPartition(`${month}-01T00:00:00Z`);
      await archivedJob(inMonth(month), 31);
    }

    const removed = await Promise.all([1, 2, 3].map(async () => await archivedJobs.expire(10)));

    expect(removed.toSorted()).toEqual([0, 0, 2]);
  });

  it('stay while a transaction reads the archive, for which the cleanup waits a short time only', async () => {
    await createPartition('2004-01-01T00:00:00Z');
    const reader = await database.pool.connect();
    await reader.query('BEGIN; SELECT FROM archived_jobs LIMIT 1');

    await expect(archivedJobs.expire(10)).rejects.toThrow(/lock timeout/);

    await reader.query('COMMIT');
    reader.release();
    await archivedJobs.expire(10);
    expect(await partitionNames()).not.toContain('archived_jobs_200401');
  });
});

describe('A role with the privileges of the service', () => {
  it('reads the archive and removes expired jobs when granted, and can neither create nor drop partitions', async () => {
    const role = `archive_${uuidv7().slice(-12)}`;
    const { schema } = readDatabaseUrl(database.ownUrl);
    await database.pool.query(`CREATE ROLE ${role};
      GRANT USAGE ON SCHEMA ${schema} TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON jobs, job_events, artifacts, archived_jobs TO ${role}`);
    const client = await database.pool.connect();
    try {
      await client.query(`SET ROLE ${role}`);
      for (const sql of [
        'DROP TABLE archived_jobs_default',
        `SELECT create_month_partition('archived_jobs', '2000-01-01')`,
        'SELECT archived_jobs_expire(1)',
        'SELECT FROM archived_jobs_default',
      ])
        await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
      await client.query(`RESET ROLE; GRANT EXECUTE ON FUNCTION archived_jobs_expire TO ${role}; SET ROLE ${role}`);
      await client.query('SELECT archived_jobs_expire(1)');
      await client.query('SELECT FROM archived_jobs');
    } finally {
      client.release(true);
      await database.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});
