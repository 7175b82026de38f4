import { Inject, Injectable } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { Query } from 'pg';
import type { DatabaseConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { poolOptions } from '../../database/database.ts';
import { Prisma } from '../../database/generated/client.ts';
import { PostgresPool } from '../../database/postgres-pool.ts';
import type { UserFilter, UserRecord } from './user.ts';
import { conditions, statusOf } from './users-list.repository.ts';

/** What becomes of the users that are read. */
export interface UsersReader {
  /** Called once, before the first user. */
  readonly begin: (total: number) => void;
  /** Called for each, in the order of their creation. The user is to be forgotten then: there may be millions. */
  readonly take: (user: UserRecord) => void;
  /** Called behind every 100 users and behind the last; nothing more is read until it has ended. */
  readonly pause: () => Promise<void>;
}

/** In the order of UserRecord, and as text wherever a Date would only be made to be written out again. */
const recordColumns = Prisma.sql`id, email, email_verified_at IS NOT NULL AS "emailVerified",
  display_name AS "displayName", locale, timezone, roles,
  ${statusOf} AS status,
  ${isoTime(Prisma.sql`created_at`)} AS "createdAt", ${isoTime(Prisma.sql`updated_at`)} AS "updatedAt"`;

/** Few enough that next to nothing is alive whenever the garbage is collected. */
const batchSize = 100;
/** Whoever reads and no longer asks: the connection, and the old rows that it keeps alive, are given back. */
const idleMs = 60_000;

/**
 * Reads however many users, on a connection of its own: one of the pool's would be missing for as long as that takes.
 */
@Injectable()
export class UsersSnapshotRepository {
  constructor(@Inject(configToken('database')) private readonly config: DatabaseConfig) {}

  /** Reads the live users of a filter, all in one read-only transaction: as they were at one moment. */
  async read(filter: Omit<UserFilter, 'sort'>, reader: UsersReader): Promise<void> {
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
        await readIn(client, filter, reader);
      } finally {
        client.release(true);
      }
    } finally {
      await pool.end();
    }
  }
}

async function readIn(client: ClientBase, filter: Omit<UserFilter, 'sort'>, reader: UsersReader): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const matching = Prisma.sql`FROM users WHERE ${conditions(filter)}`;
  const counting = Prisma.sql`SELECT count(*) ${matching}`;
  const counted = await client.query<{ count: string }>(counting.text, counting.values);
  reader.begin(Number(counted.rows[0]?.count));
  const cursor = Prisma.sql`
    DECLARE snapshot NO SCROLL CURSOR FOR SELECT ${recordColumns} ${matching} ORDER BY created_at, id`;
  await client.query(cursor.text, cursor.values);
  let taken: number;
  do {
    taken = await takeBatch(client, reader);
    await reader.pause();
  } while (taken === batchSize);
}

/**
 * Row by row as they come in: rows that query() collects hang on its promises and outlive their batch, and a million of
 * them make the process grow by hundreds of megabytes.
 */
async function takeBatch(client: ClientBase, { take }: UsersReader): Promise<number> {
  let taken = 0;
  const batch = new Query(`FETCH ${batchSize} FROM snapshot`);
  await new Promise<void>((resolve, reject) => {
    batch.on('row', (user: UserRecord) => {
      taken += 1;
      try {
        take(user);
      } catch (error) {
        // Out of a listener of the socket's it would end the process.
        reject(new Error('A user could not be written', { cause: error }));
      }
    });
    batch.on('end', () => {
      resolve();
    });
    batch.on('error', reject);
    client.query(batch);
  });
  return taken;
}

/** As toISOString() writes it. */
function isoTime(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
