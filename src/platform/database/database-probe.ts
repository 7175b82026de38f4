import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { QueryResult, QueryResultRow } from 'pg';
import type { AuthConfig, DatabaseConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import type { DatabaseState } from './database-state.ts';
import { databaseState } from './database-state.ts';
import { InternalPool } from './internal-pool.ts';
import { queryOn } from './query.ts';
import type { PoolShare } from './shared-pool.ts';

const timeoutMs = 400;

/** Checks that PostgreSQL responds and is usable, on connections that requests never use. */
@Injectable()
export class DatabaseProbe {
  /** Connects as requests do, possibly through a pooler. */
  private readonly connection: ProbeConnection;

  constructor(
    @Inject(configToken('database')) private readonly config: DatabaseConfig,
    @Inject(configToken('auth')) private readonly auth: AuthConfig,
    internal: InternalPool,
  ) {
    this.connection = new ProbeConnection(internal.pooled.share(1));
  }

  /** @throws when the database does not respond to each query within 400 ms */
  async state(): Promise<DatabaseState> {
    return await databaseState(queryOn(this.connection), { database: this.config, auth: this.auth });
  }
}

/** One connection, on which every query ends within 400 ms. */
class ProbeConnection {
  constructor(private readonly share: PoolShare) {}

  async query<Row>(text: string, values?: readonly unknown[]): Promise<QueryResult<Row & QueryResultRow>> {
    const statement = { text, values: [...(values ?? [])], query_timeout: timeoutMs };
    const stop = new AbortController();
    try {
      // query_timeout does not include the time to connect.
      return await Promise.race([this.share.query<Row & QueryResultRow>(statement), timeout(stop.signal)]);
    } finally {
      stop.abort();
    }
  }
}

async function timeout(signal: AbortSignal): Promise<never> {
  await delay(timeoutMs, undefined, { signal });
  throw new Error('The database did not respond in time');
}
