import type { INestApplicationContext } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { DatabaseProbe } from './database/database-probe.ts';
import { QueueHealth } from './queue/queue-health.ts';

const told = 6;

/**
 * Logs in one line what the database role may not do or the database lacks. The process starts all the same: /readyz says
 * so too, and no restart is needed once that is mended.
 */
export async function tellShortcomings(app: INestApplicationContext): Promise<void> {
  const log = new Logger('Start');
  try {
    const { missingLimits, missingRights, pendingMigrations = [] } = await app.get(DatabaseProbe).state();
    const queue = await app.get(QueueHealth).shortcomings();
    if (missingLimits.length > 0)
      log.warn(`Sessions behind the pooler have no ${missingLimits.join(', ')}: docs/operations/pgbouncer.md`);
    if (missingRights.length > 0)
      log.error(`The database role lacks ${some(missingRights)}: docs/operations/database-roles.md`);
    if (pendingMigrations.length > 0)
      log.error(`The database lacks ${some(pendingMigrations)}: run "npm run db:migrate"`);
    if (queue.length > 0) log.error(`The queue lacks ${some(queue)}: docs/operations/database-roles.md`);
  } catch (error) {
    log.warn({ err: error }, 'The database does not answer yet');
  }
}

function some(all: readonly string[]): string {
  const more = all.length - told;
  return all.slice(0, told).join('; ') + (more > 0 ? ` and ${more} more` : '');
}
