import type { DatabaseConfig } from '../config/config.ts';
import { directConfig, poolOptions } from './database.ts';
import { PostgresPool } from './postgres-pool.ts';
import type { SessionSettings } from './session.ts';

/**
 * Creates a pool of direct connections to PostgreSQL, bypassing any pooler. The loss of an idle connection is ignored:
 * the next query gets another connection or fails.
 */
export function directPool(config: DatabaseConfig, options: { max: number; settings?: SessionSettings }): PostgresPool {
  return new PostgresPool({ ...poolOptions(directConfig(config), options.settings), max: options.max });
}
