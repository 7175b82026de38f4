import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { PoolConfig } from 'pg';
import type { AuthConfig, DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { poolOptions } from './database.ts';
import type { DatabaseState } from './database-state.ts';
import { databaseState } from './database-state.ts';
import { queryOn } from './migrations/migration-history.ts';
import { PostgresPool } from './postgres-pool.ts';

const timeoutMs = 400;

/** Checks that PostgreSQL responds and is usable, on connections that requests never use. */
@Injectable()
export class DatabaseProbe implements OnApplicationShutdown {
  /** Connects as requests do, possibly through a pooler. */
  private readonly pool: PostgresPool;
  /** Bypasses a pooler, for checks of what the service uses directly. */
  readonly direct: PostgresPool;

  constructor(
    @Inject(configToken('database')) private readonly config: DatabaseConfig,
    @Inject(configToken('auth')) private readonly auth: AuthConfig,
  ) {
    this.pool = probePool(config);
    this.direct = config.pooled ? probePool({ ...config, url: config.directUrl, pooled: false }) : this.pool;
  }

  /** @throws when the database does not respond to each query within 400 ms */
  async state(): Promise<DatabaseState> {
    return await databaseState(queryOn(this.pool), { database: this.config, auth: this.auth });
  }

  async onApplicationShutdown(): Promise<void> {
    for (const pool of new Set([this.pool, this.direct])) await pool.end();
  }
}

function probePool(config: DatabaseConfig): PostgresPool {
  const options: PoolConfig = poolOptions(config, { statement_timeout: timeoutMs });
  return new PostgresPool({ ...options, max: 1, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
}
