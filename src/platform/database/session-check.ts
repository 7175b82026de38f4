import type { Query } from './query.ts';
import { textIn } from './query.ts';
import { mark, requiredSettings } from './session.ts';

/** The settings of a session that the service depends on. */
export interface SessionState {
  /** Settings with which the service would work incorrectly: `TimeZone is Asia/Kolkata instead of UTC`. */
  readonly wrong: readonly string[];
  /** Whether the startup settings are missing: a pooler dropped them, or none were requested. */
  readonly isUnmarked: boolean;
  /** Timeouts that are not set. */
  readonly unlimited: readonly string[];
}

const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];

const settingsSql = `
  SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name
  UNION ALL SELECT 'schema', current_schema()`;

/**
 * Reads the settings of a session: a pooler may have dropped requested settings, or the role may lack them.
 * @param schema where the tables are; it need not exist yet
 */
export async function sessionState(query: Query, schema: string): Promise<SessionState> {
  const rows = await query(settingsSql, [[mark.name, ...Object.keys(requiredSettings), ...limits]]);
  const values = new Map(rows.map((row) => [textIn(row, 'name'), textIn(row, 'value')]));
  const wrong = Object.entries(requiredSettings)
    .filter(([name, value]) => values.get(name) !== value)
    .map(([name, value]) => `${name} is ${values.get(name) ?? 'not set'} instead of ${value}`);
  const current = values.get('schema');
  // Undefined when it does not exist or the role may not use it; other checks report that.
  if (current !== undefined && current !== schema)
    wrong.push(`search_path begins with ${current} instead of ${schema}`);
  const isUnmarked = values.get(mark.name) !== mark.value;
  return { wrong, isUnmarked, unlimited: limits.filter((name) => values.get(name) === '0') };
}
