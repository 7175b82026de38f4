/**
 * The database of the e2e tests, by TEST_DATABASE:
 *
 * - `hostile-settings`: time zone, date style and more of the server and of the role are not what the service needs.
 * - `least-privilege`: in the schema `app`, as a role that may read and write rows alone
 *   (docs/operations/database-roles.md).
 * - `pgbouncer`: requests go through PgBouncer in transaction mode.
 */
const modes = ['plain', 'hostile-settings', 'least-privilege', 'pgbouncer'] as const;

export type DatabaseMode = (typeof modes)[number];

export const databaseMode: DatabaseMode = modeNamed(process.env['TEST_DATABASE'] ?? 'plain');

/** Settings of a server or role that the service must override. */
export const hostileSettings: Readonly<Record<string, string>> = {
  timezone: 'Asia/Kolkata',
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '-10',
  array_nulls: 'off',
  default_transaction_isolation: 'repeatable read',
  search_path: 'unused',
  lock_timeout: '1ms',
  statement_timeout: '100ms',
  idle_in_transaction_session_timeout: '100ms',
  idle_session_timeout: '1s',
};

function modeNamed(name: string): DatabaseMode {
  const mode = modes.find((known) => known === name);
  if (mode === undefined) throw new Error(`TEST_DATABASE must be one of ${modes.join(', ')}`);
  return mode;
}
