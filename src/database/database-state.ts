import type { Config } from '../config/config.ts';
import { readDatabaseUrl } from '../config/database-url.ts';
import { urlOf } from './database.ts';
import type { Query } from './migrations/migration-history.ts';
import { pendingMigrations } from './migrations/pending-migrations.ts';
import { missingRights } from './rights.ts';
import { sessionState } from './session-check.ts';

/** What of the database is not as the service needs it: nothing at all when it can serve. */
export interface DatabaseState {
  readonly wrongSettings: readonly string[];
  /** Limits of time that requests do not have, and can be served without: only behind a pooler. */
  readonly missingLimits: readonly string[];
  readonly missingRights: readonly string[];
  /** Not asked for when the role may not even read which there are. */
  readonly pendingMigrations: readonly string[] | undefined;
}

/** Asks a session such as requests have. */
export async function databaseState(
  query: Query,
  { database, auth }: Pick<Config, 'auth' | 'database'>,
): Promise<DatabaseState> {
  const { schema } = readDatabaseUrl(urlOf(database));
  const { wrong, isUnmarked, unlimited } = await sessionState(query, schema);
  const rights = await missingRights(query, {
    schema,
    madeWith: '_prisma_migrations',
    exceptions: { audit_events: ['SELECT', 'INSERT'], audit_expiries: ['SELECT'], _prisma_migrations: ['SELECT'] },
    uncalled: auth.auditRetentionDays === undefined ? ['audit_events_expire'] : [],
  });
  const pending = rights.length === 0 ? await pendingMigrations(query) : undefined;
  return {
    wrongSettings: isUnmarked && !database.pooled ? ['a pooler drops them', ...wrong] : wrong,
    missingLimits: database.pooled ? unlimited : [],
    missingRights: rights,
    pendingMigrations: pending,
  };
}
