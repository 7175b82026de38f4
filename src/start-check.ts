import { Logger } from '@nestjs/common';
import type { Config } from './config/config.ts';
import { urlOf } from './database/database.ts';
import type { DatabaseState } from './database/database-state.ts';
import { databaseState } from './database/database-state.ts';
import { withConnection } from './database/migrations/connection.ts';
import { queryOn } from './database/migrations/migration-history.ts';
import { pooledSession } from './database/session.ts';
import { queueSchema } from './queue/migrate-queue.ts';
import { queueShortcomings } from './queue/queue-tables.repository.ts';

const named = 6;
const rolesPage = 'docs/operations/database-roles.md';

/**
 * Logs what the role may not do or the database lacks, in one line each. The process goes on: /readyz says the same until
 * it is mended, and no restart is needed then.
 */
export async function logShortcomings(config: Config): Promise<void> {
  const log = new Logger('Start');
  try {
    const { missingLimits, missingRights, pendingMigrations = [] } = await stateOf(config);
    const queue = await queueStateOf(config);
    if (missingLimits.length > 0)
      log.warn(`Sessions behind the pooler have no ${missingLimits.join(', ')}: docs/operations/pgbouncer.md`);
    if (missingRights.length > 0) log.error(`The database role lacks ${list(missingRights)}: ${rolesPage}`);
    if (pendingMigrations.length > 0)
      log.error(`The database lacks ${list(pendingMigrations)}: run "npm run db:migrate"`);
    if (queue.length > 0) log.error(`The queue lacks ${list(queue)}: ${rolesPage}`);
  } catch (error) {
    log.warn({ err: error }, 'The database could not be asked what it lacks');
  }
}

async function stateOf(config: Config): Promise<DatabaseState> {
  const url = urlOf(config.database);
  return await withConnection(
    url,
    async (client) => await databaseState(queryOn(client), config),
    config.database.pooled ? pooledSession(url) : undefined,
  );
}

async function queueStateOf({ database }: Config): Promise<readonly string[]> {
  const url = urlOf({ url: database.directUrl ?? database.url });
  return await withConnection(url, async (client) => await queueShortcomings(client, queueSchema(url)));
}

function list(all: readonly string[]): string {
  const more = all.length - named;
  return all.slice(0, named).join('; ') + (more > 0 ? ` and ${more} more` : '');
}
