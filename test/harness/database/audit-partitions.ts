import { v7 as uuidv7 } from 'uuid';
import type { PoolClient } from 'pg';
import { leastIdOf } from '../../../src/features/audit/audit-id-bounds.ts';
import type { TestDatabase } from './database.ts';

/** A partition of audit_events, with the bounds of its ids. */
export interface AuditPartition {
  readonly partition: string;
  readonly lower: string | null;
  readonly upper: string | null;
}

/** The first millisecond of a month in UTC, by its distance from this month. */
export function monthStart(offset: number): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
}

/** The partition of a month: `audit_events_202612`. */
export function partitionOf(month: Date): string {
  return `audit_events_${month.toISOString().slice(0, 7).replace('-', '')}`;
}

/** The partition of a month, with its bounds. */
export function expectedPartition(offset: number): AuditPartition {
  const [month, next] = [monthStart(offset), monthStart(offset + 1)];
  return { partition: partitionOf(month), lower: leastIdOf(month.getTime()), upper: leastIdOf(next.getTime()) };
}

/** The partitions, ordered by their bounds; those without an upper bound last. */
export async function auditPartitions({ pool }: Pick<TestDatabase, 'pool'>): Promise<AuditPartition[]> {
  const { rows } = await pool.query<AuditPartition>(
    "SELECT partition, lower, upper FROM month_partitions('audit_events') ORDER BY upper",
  );
  return rows;
}

/** Creates the partition of a month that begins at this time. */
export async function createPartition({ pool }: TestDatabase, month: Date): Promise<void> {
  await asOwner(pool, async (client) => {
    await client.query('SELECT audit_events_create_partition($1)', [month]);
  });
}

/** Replaces the first partition, which must be empty, by one for each month from one offset to another. */
export async function partitionByMonth({ pool }: TestDatabase, from: number, to: number): Promise<void> {
  const months = Array.from({ length: to - from + 1 }, (_, n) => monthStart(from + n));
  await asOwner(pool, async (client) => {
    await client.query('DROP TABLE audit_events_initial');
    await client.query('SELECT audit_events_create_partition(month) FROM unnest($1::timestamptz[]) AS month', [months]);
  });
}

/** Drops the partitions after that of a month. */
export async function dropPartitionsAfter({ pool }: TestDatabase, offset: number): Promise<void> {
  const last = expectedPartition(offset);
  await asOwner(pool, async (client) => {
    for (const { partition, lower } of await auditPartitions({ pool }))
      if (lower !== null && last.lower !== null && lower > last.lower) await client.query(`DROP TABLE ${partition}`);
  });
}

/** Inserts an event, by default with an id of its time, and returns the id. */
export async function insertEventAt(
  { pool }: Pick<TestDatabase, 'pool'>,
  time: Date,
  { subjectId = null, outcome = 'success', id = uuidv7({ msecs: time.getTime() }) }: EventTraits = {},
): Promise<string> {
  await pool.query(
    `INSERT INTO audit_events (id, at, event, outcome, subject_id, ip) VALUES ($1, $2, 'test_event', $3, $4, '192.0.2.7')`,
    [id, time, outcome, subjectId],
  );
  return id;
}

interface EventTraits {
  readonly subjectId?: string | null;
  readonly outcome?: 'success' | 'failure';
  readonly id?: string;
}

/** The role that migrates owns the partitions; the role of the tests may be another one. */
async function asOwner(pool: TestDatabase['pool'], work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ owner: string }>(
      `SELECT relowner::regrole::text AS owner FROM pg_class WHERE oid = 'audit_events'::regclass`,
    );
    await client.query(`SET ROLE ${rows[0]?.owner ?? ''}`);
    await work(client);
  } finally {
    // The role is that of the session, which ends.
    client.release(true);
  }
}
