import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { AuditFilter } from '../../src/features/audit/audit-event.ts';
import { idBounds } from '../../src/features/audit/audit-id-bounds.ts';
import { auditListStatement } from '../../src/features/audit/audit.repository.ts';
import type { SortKeys } from '../../src/platform/database/keyset.ts';
import { RetentionCleanupJob } from '../../src/features/retention/retention-cleanup.job.ts';
import { startApp } from '../harness/app/app.ts';
import {
  auditPartitions,
  createPartition,
  dropPartitionsAfter,
  expectedPartition,
  insertEventAt,
  monthStart,
  partitionByMonth,
  partitionOf,
} from '../harness/database/audit-partitions.ts';
import { JobTables } from '../harness/database/job-tables.ts';
import { readyz } from '../harness/http/readyz.ts';
import { root } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const retentionDays = 90;
const { app, api, factory, database } = await startApp({ AUTH_AUDIT_RETENTION_DAYS: String(retentionDays) });
const asAdmin = api.as(await factory.admin());
const dayMs = 24 * 3600 * 1000;
const zones = ['Pacific/Kiritimati', 'America/Los_Angeles', 'Asia/Kolkata'];

interface Page {
  readonly data: readonly { readonly id: string }[];
  readonly page: { readonly next: string | null; readonly prev: string | null; readonly total?: number };
}

async function page(query: string): Promise<Page> {
  const response = await asAdmin.get(`/v1/audit-events?${query}`, { Prefer: 'return=total-count' });
  expect(response.status).toBe(200);
  return response.body as Page;
}

function idsOf({ data }: Page): string[] {
  return data.map(({ id }) => id);
}

/** Every page in one direction, by default from the first one. */
async function pages(query: string, { to, from = '' }: { to: 'next' | 'prev'; from?: string }): Promise<Page[]> {
  const found = [];
  for (let cursor: string | null = from; cursor !== null;) {
    const one: Page = await page(cursor === '' ? query : `${query}&cursor=${cursor}`);
    found.push(one);
    cursor = one.page[to];
  }
  return found;
}

async function plan(text: string, values: readonly unknown[]): Promise<string> {
  const client = await database.pool.connect();
  try {
    // Without statistics of large tables.
    await client.query('SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, [...values]);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  } finally {
    client.release(true);
  }
}

async function runCleanup(): Promise<unknown> {
  const signal = new AbortController().signal;
  const ignored = { progress: () => undefined, fenceTransaction: () => undefined };
  const context = { jobId: uuidv7(), ownerId: null, attempt: 1, lease: uuidv7(), signal, ...ignored };
  return await app.get(RetentionCleanupJob, { strict: false }).prepare({ batch: 2 }, context);
}

async function names(): Promise<string[]> {
  return (await auditPartitions(database)).map(({ partition }) => partition);
}

beforeAll(async () => {
  await new JobTables(database).pauseSchedules();
  await partitionByMonth(database, -5, 2);
});

describe('The list of audit events of several months', () => {
  const subjectId = uuidv7();
  const events: { id: string; at: number }[] = [];

  beforeAll(async () => {
    for (let n = 0; n < 60; n += 1) {
      // Two at the same time, ten in a month.
      const at = new Date(monthStart(-(n % 6)).getTime() + Math.floor(n / 12) * dayMs);
      const outcome = n % 4 === 0 ? 'failure' : 'success';
      events.push({ id: await insertEventAt(database, at, { subjectId, outcome }), at: at.getTime() });
    }
    for (const digit of ['a', 'b', 'c']) {
      const at = new Date(monthStart(-3).getTime() + 10 * dayMs);
      // Not of version 7.
      const id = await insertEventAt(database, at, { subjectId, id: `fffffff${digit}-0000-4000-8000-000000000000` });
      events.push({ id, at: at.getTime() });
    }
    events.sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  });

  it.each(['at', '-at'])('has every event once in both directions, sorted by %s', async (sort) => {
    const expected = events.map(({ id }) => id);
    if (sort === '-at') expected.reverse();
    const query = `subjectId=${subjectId}&limit=7&sort=${sort}`;

    const forward = await pages(query, { to: 'next' });
    const backward = await pages(query, { to: 'prev', from: forward.at(-1)?.page.prev ?? '' });

    expect(forward.flatMap(idsOf)).toEqual(expected);
    expect(backward.reverse().flatMap(idsOf)).toEqual(expected.slice(0, 56));
  });

  it.each(['at', '-at'])('has every event whose id differs from its time, sorted by %s', async (sort) => {
    const other = uuidv7();
    for (let n = 0; n < 40; n += 1) {
      const at = Date.now() - ((n * 17) % 40) * 1.7 * dayMs;
      // From a day before the time of the event to five days after it.
      const id = uuidv7({ msecs: Math.floor(at + (((n * 7) % 40) / 40) * 6 * dayMs - 0.99 * dayMs) });
      await insertEventAt(database, new Date(at), {
        subjectId: other,
        id,
        outcome: n % 3 === 0 ? 'failure' : 'success',
      });
    }
    const { rows } = await database.pool.query<{ id: string }>(
      `SELECT id FROM audit_events WHERE subject_id = $1 ORDER BY at ${sort === 'at' ? '' : 'DESC'}`,
      [other],
    );
    const query = `subjectId=${other}&limit=3&sort=${sort}`;

    const forward = await pages(query, { to: 'next' });
    const backward = await pages(query, { to: 'prev', from: forward.at(-1)?.page.prev ?? '' });

    expect(forward.flatMap(idsOf)).toEqual(rows.map(({ id }) => id));
    expect(backward.reverse().flatMap(idsOf)).toEqual(rows.slice(0, 39).map(({ id }) => id));
  });

  it('counts the events of all partitions', async () => {
    expect((await page(`subjectId=${subjectId}&limit=1`)).page.total).toBe(63);
  });

  it('has the events of a period, those with other ids included', async () => {
    const [since, until] = [monthStart(-3), monthStart(-1)];
    const within = events.filter(({ at }) => at >= since.getTime() && at < until.getTime());

    const { data, page: info } = await page(
      `subjectId=${subjectId}&limit=100&sort=at&since=${since.toISOString()}&until=${until.toISOString()}`,
    );

    expect(data.map(({ id }) => id)).toEqual(within.map(({ id }) => id));
    expect(info.total).toBe(within.length);
    expect(within).toHaveLength(23);
  });

  it('merges the indexes of the partitions, and sorts nothing', async () => {
    const { text, values } = auditListStatement({ descending: true }, { limit: 20 });

    const merged = await plan(text, values);

    expect(merged).toContain('Merge Append');
    expect(merged).not.toMatch(/Seq Scan|-> {2}Sort/);
    expect(merged).toContain(`on ${partitionOf(monthStart(-5))}`);
  });

  it.each<[string, Omit<AuditFilter, 'descending'>, SortKeys, number[]]>([
    // 31 days before 1 March are in January.
    ['the first page', {}, [], [-2, -1, 0, 1, 2]],
    ['a page before a time', { until: monthStart(-2).toISOString() }, [], [-4, -3, -2, -1, 0, 1, 2]],
    ['a page after a cursor', {}, [monthStart(-2).toISOString(), uuidv7()], [-4, -3, -2, -1, 0, 1, 2]],
    ['a page since a time', { since: new Date(monthStart(-1).getTime() + 2 * dayMs).toISOString() }, [], [-1, 0, 1, 2]],
  ])('reads recent partitions only for %s', async (_, filter, keys, months) => {
    const full = { descending: true, ...filter };
    const request = { limit: 3, from: { keys, direction: 'next' as const } };
    const { lowest, recent } = idBounds(full, request);
    const { text, values } = auditListStatement(full, request, recent?.lowest ?? lowest);

    const read = new Set([...(await plan(text, values)).matchAll(/ on (audit_events\w*)/g)].map(([, name]) => name));

    const allowed = [...months.map((offset) => partitionOf(monthStart(offset))), 'audit_events_default'];
    expect([...read].filter((name) => name === undefined || !allowed.includes(name))).toEqual([]);
    const { rows } = await database.pool.query<{ at: Date }>(text, values);
    expect(recent?.isComplete(rows) ?? true).toBe(true);
  });

  it('does not take a page for complete that an event with a lower id may precede', async () => {
    const only = uuidv7();
    const late = new Date(Date.now() - 30.5 * dayMs);
    // Within the tolerance, and below the ids of the recent period.
    const lower = uuidv7({ msecs: Date.now() - 31.2 * dayMs });
    const ids = [
      await insertEventAt(database, late, { subjectId: only, id: lower }),
      await insertEventAt(database, new Date(late.getTime() - 1000), { subjectId: only }),
      await insertEventAt(database, new Date(late.getTime() - 2000), { subjectId: only }),
    ];

    expect(idsOf(await page(`subjectId=${only}&limit=1`))).toEqual(ids.slice(0, 1));
  });
});

describe('Expired audit events', () => {
  const expiry = Date.now() - retentionDays * dayMs;
  /** The events of a partition may be a day younger than its last id. */
  const isExpired = (offset: number): boolean => monthStart(offset + 1).getTime() + dayMs <= expiry;
  const nameOf = (offset: number): string => partitionOf(monthStart(offset));
  const offsets = [-5, -4, -3, -2, -1, 0, 1, 2];

  it('are dropped with their partition, or deleted in batches without one, and each run is recorded', async () => {
    const [expired, young] = [new Date(expiry - dayMs), new Date(expiry + dayMs)];
    await insertEventAt(database, expired, { id: 'ffffffff-0000-4000-8000-000000000001' });
    const kept = [
      await insertEventAt(database, young, { id: 'ffffffff-0000-4000-8000-000000000002' }),
      // Its month has not expired as a whole.
      await insertEventAt(database, expired),
    ];
    const toDrop = await numbers(
      `SELECT tableoid::regclass::text AS partition, count(*)::int AS deleted FROM audit_events
       WHERE tableoid::regclass::text = ANY($1) GROUP BY 1 ORDER BY 1`,
      [offsets.filter(isExpired).map(nameOf)],
    );
    const [inBatches] = await numbers(
      `SELECT NULL AS partition, count(*)::int AS deleted FROM audit_events_default WHERE at < $1`,
      [new Date(expiry)],
    );

    const result = await runCleanup();

    const runs = await numbers('SELECT partition, deleted FROM audit_retention_runs ORDER BY partition, deleted');
    const batches = runs.filter(({ partition }) => partition === null);
    expect(runs.filter(({ partition }) => partition !== null)).toEqual(toDrop);
    expect(toDrop.length).toBeGreaterThan(0);
    expect(sum(batches)).toBe(inBatches?.deleted);
    expect(Math.max(...batches.map(({ deleted }) => deleted))).toBeLessThanOrEqual(2);
    expect(result).toMatchObject({ auditEvents: sum(runs) });
    const left = await names();
    expect(left).toEqual(expect.arrayContaining(offsets.filter((offset) => !isExpired(offset)).map(nameOf)));
    expect(left.filter((name) => offsets.filter(isExpired).map(nameOf).includes(name))).toEqual([]);
    expect(await existing(kept)).toHaveLength(2);
    expect(await runCleanup()).toMatchObject({ auditEvents: 0 });
  });

  const expire = async (): Promise<number> =>
    (await database.pool.query<Run>(`SELECT audit_events_expire(${retentionDays}, 1000) AS deleted`)).rows[0]
      ?.deleted ?? 0;

  it('are dropped once when three instances do it at the same time', async () => {
    for (const month of ['2001-02-01', '2001-03-01', '2001-12-01']) {
      await createPartition(database, new Date(month));
      await insertEventAt(database, new Date(`${month}T12:00:00Z`));
    }

    const deleted = await Promise.all([expire(), expire(), expire()]);

    expect(deleted.reduce((total, one) => total + one)).toBe(3);
    expect((await names()).filter((name) => name.startsWith('audit_events_2001'))).toEqual([]);
  });

  it('stay while a transaction reads the audit log, for which the cleanup waits a short time only', async () => {
    await createPartition(database, new Date('2001-02-01'));
    const reader = await database.pool.connect();
    await reader.query('BEGIN; SELECT FROM audit_events LIMIT 1');

    await expect(expire()).rejects.toMatchObject({ code: '55P03' });

    await reader.query('COMMIT');
    reader.release();
    expect(await expire()).toBe(0);
    expect(await names()).not.toContain('audit_events_200102');
  });

  it('are counted before the audit log is locked, so that events are written meanwhile', async () => {
    for (const month of ['2001-02-01', '2001-03-01']) {
      await createPartition(database, new Date(month));
      await insertEventAt(database, new Date(`${month}T12:00:00Z`));
    }
    const holder = await database.pool.connect();
    await holder.query('BEGIN; LOCK TABLE audit_retention_runs');

    const expiring = expire();
    await waitUntil('the wait for the record of the first partition', async () => {
      const waiting = `SELECT FROM pg_locks WHERE relation = 'audit_retention_runs'::regclass AND NOT granted`;
      return (await database.pool.query(waiting)).rows.length > 0;
    });
    const { rows: locks } = await database.pool.query(
      `SELECT mode FROM pg_locks WHERE relation = 'audit_events'::regclass AND mode = 'AccessExclusiveLock'`,
    );

    await holder.query('COMMIT');
    holder.release();
    expect(await expiring).toBe(2);
    expect(locks).toEqual([]);
  });

  it('are dropped by several statements, each of which counts few partitions', async () => {
    for (const month of ['2001-02-01', '2001-03-01', '2001-04-01']) {
      await createPartition(database, new Date(month));
      await insertEventAt(database, new Date(`${month}T12:00:00Z`));
    }

    const { rows } = await database.pool.query(`SELECT audit_events_expire(${retentionDays}, 1) AS deleted`);

    expect(rows).toEqual([{ deleted: 1 }]);
    expect((await names()).filter((name) => name.startsWith('audit_events_2001'))).toEqual([
      'audit_events_200103',
      'audit_events_200104',
    ]);
    expect(await runCleanup()).toMatchObject({ auditEvents: 2 });
  });

  it('are not dropped before they are 30 days old, whatever is requested', async () => {
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('DROP TABLE audit_events_default');

    await client.query('SELECT audit_events_expire(1, 1000)');

    const { rows } = await client.query<{ partition: string }>(
      "SELECT partition FROM month_partitions('audit_events')",
    );
    await client.query('ROLLBACK');
    client.release();
    const isOld = (offset: number): boolean => monthStart(offset + 1).getTime() + dayMs <= Date.now() - 30 * dayMs;
    const left = rows.map(({ partition }) => partition);
    expect(left.filter((name) => offsets.filter(isOld).map(nameOf).includes(name))).toEqual([]);
    expect(left).toEqual(expect.arrayContaining(offsets.filter((offset) => !isOld(offset)).map(nameOf)));
  });

  interface Run {
    readonly partition: string | null;
    readonly deleted: number;
  }

  async function numbers(sql: string, values: unknown[] = []): Promise<Run[]> {
    return (await database.pool.query<Run>(sql, values)).rows;
  }

  function sum(runs: readonly Run[]): number {
    return runs.reduce((total, { deleted }) => total + deleted, 0);
  }
});

describe('Partitions of audit events', () => {
  it('are made by the cleanup for this month and the next two', async () => {
    await dropPartitionsAfter(database, 0);

    await runCleanup();

    expect(await auditPartitions(database)).toEqual(
      expect.arrayContaining([expectedPartition(1), expectedPartition(2)]),
    );
    expect(await names()).not.toContain(partitionOf(monthStart(3)));
  });

  it.each(zones)('begin with a month in UTC, beyond the end of the year too, with the time zone %s', async (zone) => {
    await dropPartitionsAfter(database, 2);
    const client = await database.pool.connect();
    await client.query(`SET TimeZone = '${zone}'; SET DateStyle = 'SQL, DMY'`);

    const { rows } = await client.query<{ made: number }>('SELECT audit_events_create_partitions(14) AS made');

    client.release(true);
    expect(rows).toEqual([{ made: 12 }]);
    expect((await auditPartitions(database)).slice(-13, -1)).toEqual(
      Array.from({ length: 12 }, (_, n) => expectedPartition(3 + n)),
    );
  });

  it('are made once when four instances do it at the same time', async () => {
    await dropPartitionsAfter(database, 2);
    const make = async (): Promise<number> =>
      (await database.pool.query<{ made: number }>('SELECT audit_events_create_partitions(8) AS made')).rows[0]?.made ??
      0;

    const made = await Promise.all([make(), make(), make(), make()]);

    expect(made.reduce((sum, one) => sum + one)).toBe(6);
    expect(await names()).toContain(partitionOf(monthStart(8)));
  });

  it('accept events when no partition was made, and leave such a month in the default partition', async () => {
    await dropPartitionsAfter(database, 2);
    const subjectId = uuidv7();
    const id = await insertEventAt(database, new Date(monthStart(5).getTime() + dayMs), { subjectId });

    const { rows } = await database.pool.query('SELECT audit_events_create_partitions(6) AS made');

    expect(rows).toEqual([{ made: 3 }]);
    expect(await names()).not.toContain(partitionOf(monthStart(5)));
    expect(idsOf(await page(`subjectId=${subjectId}`))).toEqual([id]);
  });

  it.each([0, -1])('do not contain events that are later than their id, in the month %s', async (offset) => {
    const id = uuidv7({ msecs: monthStart(offset).getTime() });
    const late = new Date(monthStart(offset).getTime() + dayMs + 1);

    await expect(insertEventAt(database, late, { id })).rejects.toMatchObject({
      code: '23514',
      constraint: 'audit_events_id_check',
    });
    await insertEventAt(database, new Date(late.getTime() - 1), { id });
  });

  it('can be archived as the documentation describes', async () => {
    const subjectId = uuidv7();
    const archived = partitionOf(monthStart(-1));
    const id = await insertEventAt(database, new Date(monthStart(-1).getTime() + dayMs), { subjectId });
    const documentation = readFileSync(join(root, 'docs/operations/postgresql.md'), 'utf8');
    const [, sql = ''] = /```sql\n(.*?DETACH PARTITION.*?)```/s.exec(documentation) ?? [];

    const client = await database.pool.connect();
    await client.query('CREATE SCHEMA archive');
    await client.query(sql.replaceAll('audit_events_202701', archived));
    client.release(true);

    expect(await names()).not.toContain(archived);
    expect(await existing([id])).toEqual([]);
    expect((await database.pool.query(`SELECT id FROM archive.${archived} WHERE id = $1`, [id])).rows).toEqual([
      { id },
    ]);
    await readyz(api, { status: 200 });
    await runCleanup();
    expect(await names()).not.toContain(archived);
  });

  it('prevent changes of their events', async () => {
    const partition = partitionOf(monthStart(0));
    await insertEventAt(database, new Date());

    for (const sql of [`UPDATE ${partition} SET ip = NULL`, `DELETE FROM ${partition}`, `TRUNCATE ${partition}`])
      await expect(database.pool.query(sql)).rejects.toMatchObject({ message: 'audit_events is append-only' });
  });

  it('lose IP address and user agent of a purged user', async () => {
    const { id } = await factory.user({ deleted: true });
    const event = await insertEventAt(database, new Date(monthStart(-2).getTime() + dayMs), { subjectId: id });
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [id]);

    expect(await runCleanup()).toMatchObject({ users: 1 });

    expect(await existing([event])).toMatchObject([{ id: event, ip: null }]);
  });
});

async function existing(ids: readonly string[]): Promise<unknown[]> {
  const { rows } = await database.pool.query<object>('SELECT * FROM audit_events WHERE id = ANY($1)', [ids]);
  return rows;
}
