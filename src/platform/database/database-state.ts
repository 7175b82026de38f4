import type { Config } from '../config/config.ts';
import { readDatabaseUrl } from '../config/database-url.ts';
import { urlOf } from './database.ts';
import type { Query } from './query.ts';
import { pendingMigrations } from './migrations/pending-migrations.ts';
import { missingRights } from './rights.ts';
import { sessionState } from './session-check.ts';

/** What the database lacks to be usable by the service; all empty when nothing is missing. */
export interface DatabaseState {
  readonly wrongSettings: readonly string[];
  /** Timeouts that sessions of a pooler lack; the service runs without them. */
  readonly missingLimits: readonly string[];
  readonly missingRights: readonly string[];
  /** Undefined when the role may not read them. */
  readonly pendingMigrations: readonly string[] | undefined;
}

/** Checks a session of the kind that requests use. */
export async function databaseState(
  query: Query,
  { database, auth }: Pick<Config, 'auth' | 'database'>,
): Promise<DatabaseState> {
  const { schema } = readDatabaseUrl(urlOf(database));
  const { wrong, isUnmarked, unlimited } = await sessionState(query, schema);
  const rights = await missingRights(query, {
    schema,
    madeWith: '_prisma_migrations',
    exceptions: {
      audit_events: ['SELECT', 'INSERT'],
      audit_retention_runs: ['SELECT'],
      _prisma_migrations: ['SELECT'],
      // npm run db:backfill uses it, as the role that migrates.
      backfills: [],
    },
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
