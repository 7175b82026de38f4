import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations, SchemaMigrationRequiredError } from 'bullmq';
import { queryOn } from '../database/query.ts';
import { missingRights } from '../database/rights.ts';
import { queueNames } from './job.ts';

type Session = Parameters<typeof runMigrations>[0];
type Queryable = Parameters<typeof assertSchemaCompatibility>[0];

/** Selects the statements that create the missing sequences of message ids, one for each queue. */
const missingSequences = (schema: string): string => `
  SELECT format('CREATE SEQUENCE IF NOT EXISTS %I.%I', $1::text, sequence) AS statement
  FROM unnest($2::text[]) AS queue (name), "${schema}".job_id_seq_name(name) AS sequence
  WHERE to_regclass(format('%I.%I', $1::text, sequence)) IS NULL`;

/**
 * Migrates the tables of the queue if they are outdated. BullMQ's own migration requires the right to create a schema
 * each time, and it creates a queue's sequence with its first messages, which the role that sends them may not do.
 */
export async function migrateTables(session: Session, schema: string): Promise<void> {
  if ((await versionOf(session, schema)) < LATEST_SCHEMA_VERSION) await runMigrations(session, schema);
  if ((await sequencesMissing(session, schema)).length > 0) await createSequences(session, schema);
}

/** Under a lock: PostgreSQL rejects the second of two concurrent statements that create the same sequence. */
async function createSequences(session: Session, schema: string): Promise<void> {
  await session.query('BEGIN');
  try {
    await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`plinth: sequences of ${schema}`]);
    for (const { statement } of await sequencesMissing(session, schema)) await session.query(statement);
    await session.query('COMMIT');
  } catch (error) {
    await session.query('ROLLBACK');
    throw error;
  }
}

/** Returns what keeps a role from sending and fetching messages, in words; empty when it can. */
export async function queueShortcomings(queryable: Queryable, schema: string): Promise<readonly string[]> {
  const rights = await missingRights(queryOn(queryable), {
    schema,
    madeWith: 'migration',
    exceptions: { migration: ['SELECT'] },
    // BullMQ's addBulk creates them.
    temporaryTables: true,
  });
  if (rights.length > 0) return rights;
  const isMigrated =
    (await versionOf(queryable, schema)) > 0 && (await sequencesMissing(queryable, schema)).length === 0;
  return isMigrated ? [] : ['tables, which "npm run db:migrate" creates'];
}

/** The version of BullMQ's schema; 0 without tables. */
async function versionOf(queryable: Queryable, schema: string): Promise<number> {
  try {
    return await assertSchemaCompatibility(queryable, schema);
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0;
    throw error;
  }
}

async function sequencesMissing(queryable: Queryable, schema: string): Promise<{ statement: string }[]> {
  const { rows } = await queryable.query<{ statement: string }>(missingSequences(schema), [schema, [...queueNames]]);
  return rows;
}
