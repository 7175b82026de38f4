import type { Client } from 'pg';
import type { Query } from '../query.ts';
import { queryOn, textIn } from '../query.ts';
import { hasCode } from './postgres-errors.ts';
import type { Migration } from './shipped-migrations.ts';

/** The state of a migration of this build or of the database. */
export type MigrationState =
  | 'applied'
  | 'pending'
  /** Started and not finished: it failed, its process ended, or it is running. */
  | 'failed'
  /** Applied from a file that has changed since. */
  | 'edited'
  /** Applied, and its file is missing although later ones exist. */
  | 'missing'
  /** Of a later build than this one. */
  | 'newer';

/** The state of one migration. */
export interface MigrationEntry {
  readonly name: string;
  readonly state: MigrationState;
  /** When it was applied, in UTC. */
  readonly appliedAt?: string;
}

/** The record of one migration in `_prisma_migrations`. */
export interface HistoryRow {
  readonly name: string;
  readonly checksum: string;
  readonly appliedAt?: string;
}

/** The recorded migrations that were not rolled back; none when the database was never migrated. */
export async function readHistory(query: Query): Promise<readonly HistoryRow[]> {
  try {
    return (await query(historySql)).map(parseRow);
  } catch (error) {
    if (hasCode(error, undefinedTable)) return [];
    throw error;
  }
}

/** Compares the migrations of this build with the history, ordered by name. */
export function compareHistory(
  shipped: readonly Migration[],
  history: readonly HistoryRow[],
): readonly MigrationEntry[] {
  const rows = new Map(history.map((row) => [row.name, row]));
  const names = new Set(shipped.map(({ name }) => name));
  const last = shipped.at(-1)?.name ?? '';
  const known = shipped.map((migration) => entry(migration.name, stateOf(migration, rows.get(migration.name)), rows));
  const unknown = [...rows.keys()]
    .filter((name) => !names.has(name))
    .map((name) => entry(name, name > last ? 'newer' : 'missing', rows));
  return [...known, ...unknown].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The comparison for the database of a connection. */
export async function entriesOf(client: Client, shipped: readonly Migration[]): Promise<readonly MigrationEntry[]> {
  return compareHistory(shipped, await readHistory(queryOn(client)));
}

const undefinedTable = '42P01';

const historySql = `
  SELECT migration_name, checksum, to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS applied_at
  FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`;

function stateOf(migration: Migration, row: HistoryRow | undefined): MigrationState {
  if (row === undefined) return 'pending';
  if (row.appliedAt === undefined) return 'failed';
  return migration.acceptedChecksums.has(row.checksum) ? 'applied' : 'edited';
}

function entry(name: string, state: MigrationState, rows: ReadonlyMap<string, HistoryRow>): MigrationEntry {
  const appliedAt = rows.get(name)?.appliedAt;
  return appliedAt === undefined ? { name, state } : { name, state, appliedAt };
}

function parseRow(row: unknown): HistoryRow {
  const name = textIn(row, 'migration_name');
  const checksum = textIn(row, 'checksum');
  const appliedAt = textIn(row, 'applied_at');
  if (name === undefined || checksum === undefined)
    throw new Error('_prisma_migrations has a row without name or checksum');
  return appliedAt === undefined ? { name, checksum } : { name, checksum, appliedAt };
}
