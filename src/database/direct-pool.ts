import type { PoolConfig } from 'pg';
import type { DatabaseConfig } from '../config/config.ts';
import { poolOptions } from './database.ts';
import { PostgresPool } from './postgres-pool.ts';

/**
 * Connections of one part's own, straight to PostgreSQL and past any pooler. A connection that is lost while nobody waits
 * for an answer is no failure of anything: whoever asks next gets another one or is told.
 */
export function directPool(config: DatabaseConfig, options: Pick<PoolConfig, 'max' | 'options'>): PostgresPool {
  return new PostgresPool({
    ...poolOptions({ ...config, url: config.directUrl ?? config.url }),
    ...options,
    statement_timeout: config.statementTimeoutMs,
    // A server that hangs, or a connection that leads nowhere, does not keep its own time.
    query_timeout: config.statementTimeoutMs + 1000,
    connectionTimeoutMillis: config.connectTimeoutMs,
  });
}
