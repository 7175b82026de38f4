import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { poolOptions } from './database.ts';
import { pendingMigrations } from './migrations/pending-migrations.ts';
import { PostgresPool } from './postgres-pool.ts';

const timeoutMs = 400;

/** Asks PostgreSQL whether it answers, on a connection that requests never use. */
@Injectable()
export class DatabaseProbe implements OnApplicationShutdown {
  private readonly pool: PostgresPool;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.pool = new PostgresPool({
      ...poolOptions(config),
      max: 1,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      statement_timeout: timeoutMs,
    });
  }

  /**
   * The shipped migrations that this database lacks, in one query of at most 400 ms.
   * @throws when the database does not answer
   */
  async pendingMigrations(): Promise<readonly string[]> {
    return await pendingMigrations(async (sql) => (await this.pool.query<Record<string, unknown>>(sql)).rows);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
