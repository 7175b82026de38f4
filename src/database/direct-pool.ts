import { Pool } from 'pg';
import type { DatabaseConfig } from '../config/config.ts';
import { poolOptions } from './database.ts';
import type { SessionSettings } from './session.ts';

/**
 * Connections of one part's own, straight to PostgreSQL and past any pooler. A connection that is lost while nobody waits
 * for an answer is no failure of anything: whoever asks next gets another one or is told.
 */
export function directPool(config: DatabaseConfig, options: { max: number; settings?: SessionSettings }): Pool {
  const settings = { statement_timeout: config.statementTimeoutMs, ...options.settings };
  const pool = new Pool({
    ...poolOptions({ ...config, url: config.directUrl ?? config.url, pooled: false }, settings),
    max: options.max,
    // A server that hangs, or a connection that leads nowhere, does not keep its own time.
    query_timeout: config.statementTimeoutMs + 1000,
    connectionTimeoutMillis: config.connectTimeoutMs,
  });
  pool.on('error', () => undefined);
  // Clients that are held for listening are not watched by the pool.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
