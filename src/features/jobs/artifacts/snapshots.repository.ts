import { Inject, Injectable } from '@nestjs/common';
import type { ClientBase, QueryConfig } from 'pg';
import type { QueueConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { Prisma } from '../../../platform/database/generated/client.ts';
import { InternalPool } from '../../../platform/database/internal-pool.ts';
import type { PoolShare } from '../../../platform/database/shared-pool.ts';

/** Receives the rows of a statement. */
export interface RowHandler<Row> {
  /** Called for each row, in order. Must not retain it: there may be millions. */
  readonly onRow: (row: Row) => void;
  /** Called after every 100 rows and after the last; reading waits for it. */
  readonly onBatch: () => Promise<void>;
}

/** The statements of an export: one returns the number of records as `count`, the other the records in order. */
export interface RecordStatements {
  readonly count: QueryConfig;
  readonly records: QueryConfig;
}

/** A time as text, formatted like Date.toISOString(): a Date would only be formatted again. */
export function isoTime(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** Rows of one FETCH; small, so that few rows are reachable when the garbage collector runs. */
const batchSize = 100;
/** Ends the transaction of a stalled reader, which would keep VACUUM from removing old rows. */
const idleMs = 60_000;
const beginSnapshot = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`;

/** One state of the database, in one read-only transaction. */
export class Snapshot {
  constructor(private readonly client: ClientBase) {}

  /** The count that a statement returns as `count`. */
  async count({ text, values }: QueryConfig): Promise<number> {
    const { rows } = await this.client.query<{ count: string }>(text, values);
    return Number(rows[0]?.count);
  }

  /** Reads any number of rows, in batches. */
  async read<Row extends object>({ text, values }: QueryConfig, handler: RowHandler<Row>): Promise<void> {
    await this.client.query(`DECLARE snapshot NO SCROLL CURSOR FOR ${text}`, values);
    let count: number;
    do {
      count = await this.readBatch(handler);
      await handler.onBatch();
    } while (count === batchSize);
    await this.client.query('CLOSE snapshot');
  }

  /**
   * Handles the rows in a callback: they would stay reachable from the promises of query() after their batch, which
   * costs hundreds of megabytes for a million users.
   */
  private async readBatch<Row extends object>({ onRow }: RowHandler<Row>): Promise<number> {
    return await new Promise((resolve, reject) => {
      this.client.query<Row>(`FETCH ${batchSize} FROM snapshot`, (error: Error | null, result) => {
        if (error !== null) {
          reject(error);
          return;
        }
        try {
          for (const row of result.rows) onRow(row);
          resolve(result.rows.length);
        } catch (cause) {
          // Thrown from a callback of the socket, it would end the process.
          reject(new Error('Failed to write a row', { cause }));
        }
      });
    });
  }
}

/** Reads any number of rows on connections that other work does not use, so that long exports do not delay it. */
@Injectable()
export class SnapshotsRepository {
  private readonly connections: PoolShare;

  constructor({ pooled }: InternalPool, @Inject(configToken('queue')) { concurrency }: QueueConfig) {
    this.connections = pooled.share(concurrency);
  }

  /** Calls `work` with one snapshot, which ends with it. */
  async open(work: (snapshot: Snapshot) => Promise<void>): Promise<void> {
    await this.connections.withConnection(async (client) => {
      await client.query(beginSnapshot);
      await work(new Snapshot(client));
      await client.query('COMMIT');
    });
  }
}
