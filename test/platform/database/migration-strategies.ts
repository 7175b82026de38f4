import { expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backfill } from '../../../src/platform/database/migrations/backfill.ts';
import { migrate } from '../../../src/platform/database/migrations/migrate.ts';
import { rollBack } from '../../../src/platform/database/migrations/roll-back.ts';
import { emptyDatabase, query } from '../../harness/database/empty-database.ts';
import { addMigrations, backfillsMigration, migrationFolder } from '../../harness/database/migration-folder.ts';
import { schemaObjects } from '../../harness/database/schema-objects.ts';
import type { LoadSize, Writes } from '../../harness/database/write-load.ts';
import { WriteLoad } from '../../harness/database/write-load.ts';
import { root } from '../../harness/process/service-process.ts';

/** The files of one migration, or what a release writes. */
type Step = { readonly files: Record<string, string>; readonly name: string } | { readonly writes: Writes };

/** A strategy of docs/operations/migrations.md. */
interface Strategy {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** What is true of the table after each strategy. */
const results: Readonly<Record<string, string>> = {
  'Backward-compatible: add a required column': `SELECT bool_and(currency IN ('EUR', 'USD')) AND
    (SELECT convalidated FROM pg_constraint WHERE conname = 'orders_currency_check') AS ok FROM orders`,
  'Expand–contract: rename a column': `SELECT bool_and(recipient IN ('Ada', 'Ada Lovelace', 'Grace', 'Grace Hopper')) AND
    bool_and(total = 0 OR recipient IN ('Ada Lovelace', 'Grace Hopper')) AS ok FROM orders`,
  'Shadow table: change the type of the primary key': `SELECT pg_typeof(max(id)) = 'bigint'::regtype AND
    to_regclass('orders_old') IS NULL AS ok FROM orders`,
};

/** How one strategy ran. */
export interface StrategyRun {
  readonly url: string;
  readonly rows: number;
  readonly load: WriteLoad;
  /** When the first migration began and the last one had ended (`performance.now()`). */
  readonly begun: number;
  readonly ended: number;
}

const page = readFileSync(join(root, 'docs/operations/migrations.md'), 'utf8');
const [introduction = '', ...sections] = page.slice(page.indexOf('# Three strategies')).split(/^## /m);
const [table, release1] = stepsOf(introduction);

export const strategies: readonly Strategy[] = sections.map((section) => ({
  title: section.split('\n')[0] ?? '',
  steps: stepsOf(section),
}));

/** The SQL blocks that name a file or a release in their first line; the files of one migration are one step. */
function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  for (const [, head = '', text = ''] of markdown.matchAll(/^```sql\n-- ([^\n]+)\n(.*?)^```$/gms)) {
    const [name = '', file] = head.split('/');
    const last = steps.at(-1);
    if (file === undefined) steps.push({ writes: statementsOf(text) });
    else if (last !== undefined && 'name' in last && last.name === name) last.files[head] = text;
    else steps.push({ name, files: { [head]: text } });
  }
  return steps;
}

function statementsOf(text: string): string[] {
  return text.split(';').flatMap((statement) => (statement.trim() === '' ? [] : [statement.trim()]));
}

/** What `npm run check:migrations` prints of the migrations of all strategies. */
export function lintStrategies(): string {
  const steps = strategies.flatMap((strategy) => strategy.steps);
  const files = Object.fromEntries(steps.flatMap((step) => ('files' in step ? Object.entries(step.files) : [])));
  const folder = migrationFolder(files);
  const paths = Object.keys(files).filter((path) => path.endsWith('/migration.sql'));
  const args = ['--config', '.squawk.toml', ...paths.map((path) => join(folder, path))];
  return spawnSync(join(root, 'node_modules/.bin/squawk'), args, { cwd: root, encoding: 'utf8' }).stdout;
}

/**
 * Applies the migrations of a strategy while its table is written, as an update does: the release of before continues until the
 * next one has started. Each migration with a down.sql is also undone and applied again.
 * @param aloneMs how long the load runs alone before the first migration and after the last one, in ms; the schemas are compared
 *   without it only, because that takes processor time
 */
export async function runStrategy({ steps }: Strategy, size: LoadSize, aloneMs = 0): Promise<StrategyRun> {
  if (table === undefined || !('files' in table) || release1 === undefined || !('writes' in release1))
    throw new Error('no table');
  const url = await emptyDatabase();
  const folder = migrationFolder({ ...backfillsMigration, ...table.files });
  await migrate({ url, folder });
  await query(url, `INSERT INTO orders (customer_name, total) SELECT 'Ada', 0 FROM generate_series(1, ${size.rows})`);
  await query(url, 'VACUUM ANALYZE orders');
  const load = await WriteLoad.start(url, release1.writes, size);
  try {
    await load.transactions(size.writers);
    await delay(aloneMs);
    const begun = performance.now();
    let releases = [release1.writes];
    for (const step of steps) {
      if ('writes' in step) {
        releases = [...releases, step.writes];
        await load.switchTo(...releases);
        continue;
      }
      // A migration after the first writes of a release belongs to the next one.
      if (releases.length > 1) await load.switchTo(...(releases = releases.slice(-1)));
      await apply({ url, folder }, step, aloneMs === 0 ? schemaObjects : undefined);
    }
    const ended = performance.now();
    await load.transactions(size.writers * 4);
    await delay(aloneMs);
    return { url, rows: size.rows, load, begun, ended };
  } finally {
    await load.stop();
  }
}

/** Each transaction inserts a row and adds 1 to the total of another one. */
export async function expectNothingLost({ title }: Strategy, { url, rows, load }: StrategyRun): Promise<void> {
  expect(load.errors).toEqual([]);
  expect(await query(url, 'SELECT count(*)::int AS rows, sum(total)::int AS updates FROM orders')).toEqual([
    { rows: rows + load.committed, updates: load.committed },
  ]);
  expect(await query(url, results[title] ?? '')).toEqual([{ ok: true }]);
}

async function apply(
  place: { readonly url: string; readonly folder: string },
  { name, files }: Extract<Step, { readonly name: string }>,
  objects: (url: string) => unknown = () => undefined,
): Promise<void> {
  addMigrations(place.folder, files);
  const before = await objects(place.url);
  expect(await migrate(place)).toEqual([name]);
  if (`${name}/down.sql` in files) {
    const after = await objects(place.url);
    expect(await rollBack(place)).toEqual([name]);
    // PostgreSQL cannot make a validated constraint unvalidated again.
    if (!name.endsWith('_validated'))
      expect({ name, undone: await objects(place.url) }).toEqual({ name, undone: before });
    expect(await migrate(place)).toEqual([name]);
    expect({ name, again: await objects(place.url) }).toEqual({ name, again: after });
  }
  if (`${name}/backfill.sql` in files) await backfill({ ...place, migration: name, rows: 200, pauseMs: 40 });
}
