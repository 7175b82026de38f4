import { Inject, Injectable } from '@nestjs/common';
import type { ClientBase } from 'pg';
import type { QueueConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { Prisma } from '../../platform/database/generated/client.ts';
import { InternalPool } from '../../platform/database/internal-pool.ts';
import type { PoolShare } from '../../platform/database/shared-pool.ts';
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
const beginSnapshot = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`;

/** Reads any number of users on connections that other work does not use, so that long exports do not delay it. */
@Injectable()
export class UsersSnapshotRepository {
  private readonly connections: PoolShare;

  constructor({ pooled }: InternalPool, @Inject(configToken('queue')) { concurrency }: QueueConfig) {
    this.connections = pooled.share(concurrency);
  }

  /** Reads the users of a filter that are not deleted, in one read-only snapshot. */
  async read(filter: Omit<UserFilter, 'sort'>, handler: UsersSnapshotHandler): Promise<void> {
    await this.connections.withConnection(async (client) => {
      await readIn(client, filter, handler);
    });
  }
}

async function readIn(
  client: ClientBase,
  filter: Omit<UserFilter, 'sort'>,
  handler: UsersSnapshotHandler,
): Promise<void> {
  await client.query(beginSnapshot);
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
  await client.query('COMMIT');
}

/**
 * Handles the rows in a callback: they would stay reachable from the promises of query() after their batch, which costs
 * hundreds of megabytes for a million users.
 */
async function readBatch(client: ClientBase, { onRow }: UsersSnapshotHandler): Promise<number> {
  return await new Promise((resolve, reject) => {
    client.query<UserRecord>(`FETCH ${batchSize} FROM snapshot`, (error: Error | null, result) => {
      if (error !== null) {
        reject(error);
        return;
      }
      try {
        for (const user of result.rows) onRow(user);
        resolve(result.rows.length);
      } catch (cause) {
        // Thrown from a callback of the socket, it would end the process.
        reject(new Error('Failed to write a user', { cause }));
      }
    });
  });
}

/** Formats like Date.toISOString(). */
function isoTime(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
