import { Inject, Injectable } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { Query } from 'pg';
import type { DatabaseConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { poolOptions } from '../../platform/database/database.ts';
import { Prisma } from '../../platform/database/generated/client.ts';
import { PostgresPool } from '../../platform/database/postgres-pool.ts';
import type { UserFilter, UserRecord } from './user.ts';
import { conditions, statusOf } from './users-list.repository.ts';

/** Receives the users of a snapshot. */
export interface UsersSnapshotHandler {
  /** Called once, before the first user. */
  readonly onStart: (total: number) => void;
  /** Called for each user, in the order of creation. Must not retain the user: there may be millions. */
  readonly onRow: (user: UserRecord) => void;
  /** Called after every 100 users and after the last; reading waits for it. */
  readonly onBatch: () => Promise<void>;
}

/** In the order of UserRecord. Times are text, since a Date would only be formatted again. */
const recordColumns = Prisma.sql`id, email, email_verified_at IS NOT NULL AS "emailVerified",
  display_name AS "displayName", locale, timezone, roles,
  ${statusOf} AS status,
  ${isoTime(Prisma.sql`created_at`)} AS "createdAt", ${isoTime(Prisma.sql`updated_at`)} AS "updatedAt"`;

/** Rows of one FETCH; small, so that few rows are reachable when the garbage collector runs. */
const batchSize = 100;
/** Ends the transaction of a stalled reader, which would keep VACUUM from removing old rows. */
const idleMs = 60_000;

/** Reads any number of users on a dedicated connection, so that a long export does not occupy one of the pool. */
@Injectable()
export class UsersSnapshotRepository {
  constructor(@Inject(configToken('database')) private readonly config: DatabaseConfig) {}

  /** Reads the users of a filter that are not deleted, in one read-only snapshot. */
  async read(filter: Omit<UserFilter, 'sort'>, handler: UsersSnapshotHandler): Promise<void> {
    const pool = new PostgresPool({
      ...poolOptions(this.config, {
        statement_timeout: this.config.statementTimeoutMs,
        idle_in_transaction_session_timeout: idleMs,
      }),
      max: 1,
      connectionTimeoutMillis: this.config.connectTimeoutMs,
    });
    try {
      const client = await pool.connect();
      try {
        await readIn(client, filter, handler);
      } finally {
        client.release(true);
      }
    } finally {
      await pool.end();
    }
  }
}

async function readIn(
  client: ClientBase,
  filter: Omit<UserFilter, 'sort'>,
  handler: UsersSnapshotHandler,
): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const matching = Prisma.sql`FROM users WHERE ${conditions(filter)}`;
  const countQuery = Prisma.sql`SELECT count(*) ${matching}`;
  const result = await client.query<{ count: string }>(countQuery.text, countQuery.values);
  handler.onStart(Number(result.rows[0]?.count));
  const cursor = Prisma.sql`
    DECLARE snapshot NO SCROLL CURSOR FOR SELECT ${recordColumns} ${matching} ORDER BY created_at, id`;
  await client.query(cursor.text, cursor.values);
  let count: number;
  do {
    count = await readBatch(client, handler);
    await handler.onBatch();
  } while (count === batchSize);
}

/**
 * Handles each row as it arrives: rows collected by query() stay reachable from its promises after their batch, which
 * costs hundreds of megabytes for a million users.
 */
async function readBatch(client: ClientBase, { onRow }: UsersSnapshotHandler): Promise<number> {
  let count = 0;
  const batch = new Query(`FETCH ${batchSize} FROM snapshot`);
  await new Promise<void>((resolve, reject) => {
    batch.on('row', (user: UserRecord) => {
      count += 1;
      try {
        onRow(user);
      } catch (error) {
        // Thrown from a socket listener it would end the process.
        reject(new Error('Failed to write a user', { cause: error }));
      }
    });
    batch.on('end', () => {
      resolve();
    });
    batch.on('error', reject);
    client.query(batch);
  });
  return count;
}

/** Formats like Date.toISOString(). */
function isoTime(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
