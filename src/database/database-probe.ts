import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { poolOptions } from './database.ts';
import { pendingMigrations } from './migrations/pending-migrations.ts';

const timeoutMs = 400;

/** Asks PostgreSQL whether it answers, on a connection that requests never use. */
@Injectable()
export class DatabaseProbe implements OnApplicationShutdown {
  private readonly pool: Pool;

  constructor(@Inject(configToken('database')) config: DatabaseConfig) {
    this.pool = new Pool({
      ...poolOptions(config),
      max: 1,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      statement_timeout: timeoutMs,
    });
    // The next probe opens a new connection; the failed one has already been told.
    this.pool.on('error', () => undefined);
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
