import { Logger } from '@nestjs/common';
import type { Config } from './platform/config/config.ts';
import { urlOf } from './platform/database/database.ts';
import type { DatabaseState } from './platform/database/database-state.ts';
import { databaseState } from './platform/database/database-state.ts';
import { withConnection } from './platform/database/migrations/connection.ts';
import { queryOn } from './platform/database/query.ts';
import { pooledSession } from './platform/database/session.ts';

const maxListed = 6;
const rolesPage = 'docs/operations/database-roles.md';

/** The result of a check of the database. */
export interface DatabaseCheck {
  readonly failed: boolean;
  /** Logs what is missing, in one line each, or why the check failed. */
  log(): void;
}

/**
 * Checks whether the database has what the service needs: the permissions of the role, the tables and the settings of
 * sessions. The process keeps running: /readyz reports the same until it is fixed, without a restart. Never rejects.
 */
export async function checkDatabase(config: Config): Promise<DatabaseCheck> {
  const logger = new Logger('Start');
  try {
    const state = await stateOf(config);
    const log = (): void => {
      logShortcomings(logger, state);
    };
    return { failed: false, log };
  } catch (error) {
    const log = (): void => {
      logger.warn({ err: error }, 'Database check failed');
    };
    return { failed: true, log };
  }
}

function logShortcomings(log: Logger, state: DatabaseState): void {
  const { missingLimits, missingRights, pendingMigrations = [] } = state;
  if (missingLimits.length > 0)
    log.warn(`Sessions of the pooler have no ${missingLimits.join(', ')}: docs/operations/pgbouncer.md`);
  if (missingRights.length > 0) log.error(`The database role lacks ${list(missingRights)}: ${rolesPage}`);
  if (pendingMigrations.length > 0)
    log.error(`The database lacks ${list(pendingMigrations)}: run "npm run db:migrate"`);
}

async function stateOf(config: Config): Promise<DatabaseState> {
  const url = urlOf(config.database);
  return await withConnection(
    url,
    async (client) => await databaseState(queryOn(client), config),
    config.database.pooled ? pooledSession(url) : undefined,
  );
}

function list(items: readonly string[]): string {
  const more = items.length - maxListed;
  return items.slice(0, maxListed).join('; ') + (more > 0 ? ` and ${more} more` : '');
}
