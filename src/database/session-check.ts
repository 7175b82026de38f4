import type { Query } from './migrations/migration-history.ts';
import { textIn } from './migrations/migration-history.ts';
import { mark, requiredSettings } from './session.ts';

/** What a session is set to, where that matters. */
export interface SessionState {
  /** With these the service would do wrong: `TimeZone is Asia/Kolkata instead of UTC`. */
  readonly wrong: readonly string[];
  /** Whether it has none of what came with its request to connect: a pooler has dropped that, or it asked for nothing. */
  readonly isUnmarked: boolean;
  /** Limits of time that it does not have. */
  readonly unlimited: readonly string[];
}

const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];

const settingsSql = `
  SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name
  UNION ALL SELECT 'schema', current_schema()`;

/**
 * Reads the settings of a session: a pooler may have dropped those that were asked for, or the role may lack them.
 * @param schema where the tables are; it need not exist yet
 */
export async function sessionState(query: Query, schema: string): Promise<SessionState> {
  const rows = await query(settingsSql, [[mark.name, ...Object.keys(requiredSettings), ...limits]]);
  const values = new Map(rows.map((row) => [textIn(row, 'name'), textIn(row, 'value')]));
  const wrong = Object.entries(requiredSettings)
    .filter(([name, value]) => values.get(name) !== value)
    .map(([name, value]) => `${name} is ${values.get(name) ?? 'not set'} instead of ${value}`);
  const current = values.get('schema');
  // Undefined: it does not exist yet, or the role may not use it. The checks of migrations and rights report that.
  if (current !== undefined && current !== schema)
    wrong.push(`search_path begins with ${current} instead of ${schema}`);
  const isUnmarked = values.get(mark.name) !== mark.value;
  return { wrong, isUnmarked, unlimited: limits.filter((name) => values.get(name) === '0') };
}
