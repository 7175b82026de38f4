import type { DatabaseConfig } from '../config/config.ts';
import { poolOptions } from './database.ts';
import { PostgresPool } from './postgres-pool.ts';
import type { SessionSettings } from './session.ts';

/**
 * Connections of one part's own, straight to PostgreSQL and past any pooler. A connection that is lost while nobody waits
 * for an answer is no failure of anything: whoever asks next gets another one or is told.
 */
export function directPool(config: DatabaseConfig, options: { max: number; settings?: SessionSettings }): PostgresPool {
  const settings = { statement_timeout: config.statementTimeoutMs, ...options.settings };
  return new PostgresPool({
    ...poolOptions({ ...config, url: config.directUrl ?? config.url, pooled: false }, settings),
    max: options.max,
    // A server that hangs, or a connection that leads nowhere, does not keep its own time.
    query_timeout: config.statementTimeoutMs + 1000,
    connectionTimeoutMillis: config.connectTimeoutMs,
  });
}
