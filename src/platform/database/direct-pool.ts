import type { DatabaseConfig } from '../config/config.ts';
import { poolOptions } from './database.ts';
import { PostgresPool } from './postgres-pool.ts';
import type { SessionSettings } from './session.ts';

/**
 * Creates a pool of direct connections to PostgreSQL, bypassing any pooler. The loss of an idle connection is ignored:
 * the next query gets another connection or fails.
 */
export function directPool(config: DatabaseConfig, options: { max: number; settings?: SessionSettings }): PostgresPool {
  const settings = { statement_timeout: config.statementTimeoutMs, ...options.settings };
  return new PostgresPool({
    ...poolOptions({ ...config, url: config.directUrl ?? config.url, pooled: false }, settings),
    max: options.max,
    // A server that hangs, or a dead connection, does not enforce statement_timeout.
    query_timeout: config.statementTimeoutMs + 1000,
    connectionTimeoutMillis: config.connectTimeoutMs,
  });
}
