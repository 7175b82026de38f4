import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { PoolConfig } from 'pg';
import { Pool } from 'pg';
import type { AuthConfig, DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { readDatabaseUrl } from '../config/database-url.ts';
import { poolOptions, urlOf } from './database.ts';
import type { Query } from './migrations/migration-history.ts';
import { pendingMigrations } from './migrations/pending-migrations.ts';
import type { NeededRights } from './rights.ts';
import { missingRights } from './rights.ts';
import { sessionState } from './session-check.ts';

const timeoutMs = 400;

/** What of the database is not as the service needs it: nothing at all when it can serve. */
export interface DatabaseState {
  readonly wrongSettings: readonly string[];
  /** Limits of time that requests do not have, and can be served without: only behind a pooler. */
  readonly missingLimits: readonly string[];
  readonly missingRights: readonly string[];
  /** Not asked for when the role may not even read which there are. */
  readonly pendingMigrations: readonly string[] | undefined;
}

/** Asks PostgreSQL whether it answers and can be worked with, on connections that requests never use. */
@Injectable()
export class DatabaseProbe implements OnApplicationShutdown {
  /** As requests reach it, perhaps through a pooler. */
  private readonly pool: Pool;
  /** Past a pooler, for questions about what is used there. */
  readonly direct: Pool;
  private readonly rights: NeededRights;

  constructor(@Inject(configToken('database')) config: DatabaseConfig, @Inject(configToken('auth')) auth: AuthConfig) {
    this.pool = probePool(config);
    this.direct = config.pooled ? probePool({ ...config, url: config.directUrl, pooled: false }) : this.pool;
    this.rights = {
      schema: readDatabaseUrl(urlOf(config)).schema,
      madeWith: '_prisma_migrations',
      exceptions: { audit_events: ['SELECT', 'INSERT'], audit_expiries: ['SELECT'], _prisma_migrations: ['SELECT'] },
      uncalled: auth.auditRetentionDays === undefined ? ['audit_events_expire'] : [],
    };
  }

  /**
   * @throws when the database does not answer within 400 ms a question
   */
  async state(): Promise<DatabaseState> {
    const query = queryOn(this.pool);
    const { wrong, unlimited } = await sessionState(query, this.rights.schema);
    const rights = await missingRights(query, this.rights);
    const pending = rights.length === 0 ? await pendingMigrations(query) : undefined;
    return {
      wrongSettings: wrong,
      missingLimits: this.pool === this.direct ? [] : unlimited,
      missingRights: rights,
      pendingMigrations: pending,
    };
  }

  async onApplicationShutdown(): Promise<void> {
    for (const pool of new Set([this.pool, this.direct])) await pool.end();
  }
}

/** Questions to any connection of a pool. */
export function queryOn(pool: Pool): Query {
  return async (sql, values) => (await pool.query<Record<string, unknown>>(sql, values)).rows;
}

function probePool(config: DatabaseConfig): Pool {
  const options: PoolConfig = poolOptions(config, { statement_timeout: timeoutMs });
  const pool = new Pool({ ...options, max: 1, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
  // The next probe opens a new connection; the failed one has already been told.
  pool.on('error', () => undefined);
  return pool;
}
