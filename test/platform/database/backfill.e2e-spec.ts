import { describe, expect, it } from '@jest/globals';
import type { BackfillOptions, BackfillProgress } from '../../../src/platform/database/migrations/backfill.ts';
import { backfill, backfillStates } from '../../../src/platform/database/migrations/backfill.ts';
import { migrate } from '../../../src/platform/database/migrations/migrate.ts';
import { rollBack } from '../../../src/platform/database/migrations/roll-back.ts';
import { newClient } from '../../harness/database/database.ts';
import { emptyDatabase, query } from '../../harness/database/empty-database.ts';
import { addMigrations, backfillsMigration, migrationFolder } from '../../harness/database/migration-folder.ts';
import { command } from '../../harness/process/command.ts';

/** A backfill that would show a row that is changed twice. */
const counting =
  '-- table: items\n-- Each row once.\nUPDATE items SET n = n + 1 FROM batch WHERE items.id = batch.id;\n';
const items = 'CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);';
const rows = 2500;

/** A database with a table of 2,500 rows, and a migration with this backfill. */
async function prepared(change = counting, table = items): Promise<BackfillOptions & { folder: string }> {
  const url = await emptyDatabase();
  const fill = `INSERT INTO items (id) SELECT generate_series(1, ${rows});`;
  const folder = migrationFolder({
    ...backfillsMigration,
    '1_items/migration.sql': table === items ? items + fill : table,
    '1_items/down.sql': 'DROP TABLE items;',
    '1_items/backfill.sql': change,
  });
  await migrate({ url, folder });
  return { url, folder, migration: '1_items', pauseMs: 0 };
}

/** How often rows were changed, and how many. */
async function changes({ url }: { url: string }): Promise<unknown> {
  return await query(url, 'SELECT n, count(*)::int AS rows FROM items GROUP BY n ORDER BY n');
}

const eachOnce = [{ n: 1, rows }];

describe('npm run db:backfill', () => {
  it('changes each row once, a batch in each transaction, and reports the progress', async () => {
    const options = await prepared();
    await query(options.url, 'ANALYZE items');
    const reported: BackfillProgress[] = [];

    await backfill({ ...options, onProgress: (progress) => reported.push(progress) });

    expect(reported.map(({ read, changed, finished }) => [read, changed, finished])).toEqual([
      [1000, 1000, false],
      [2000, 2000, false],
      [2500, 2500, true],
    ]);
    expect(reported.map(({ total }) => total)).toEqual([rows, rows, rows]);
    expect(await changes(options)).toEqual(eachOnce);
    expect(await backfill(options)).toMatchObject({ read: rows, changed: rows, finished: true });
    expect(await changes(options)).toEqual(eachOnce);
  });

  it('continues after the last batch of a process that ended', async () => {
    const options = await prepared();
    const ended = backfill({
      ...options,
      onProgress: () => {
        throw new Error('ended');
      },
    });
    await expect(ended).rejects.toThrow('ended');
    expect(await changes(options)).toEqual([
      { n: 0, rows: 1500 },
      { n: 1, rows: 1000 },
    ]);
    expect((await backfillStates(options.url, options.folder)).get('1_items')).toMatchObject({ finished: false });

    await backfill(options);

    expect(await changes(options)).toEqual(eachOnce);
  });

  it('changes each row once when several processes start together', async () => {
    const options = await prepared();

    await Promise.all([1, 2, 3].map(async () => await backfill({ ...options, rows: 100 })));

    expect(await changes(options)).toEqual(eachOnce);
  });

  it('reads a table in the order of a primary key of several columns of any type', async () => {
    const table = `CREATE TABLE items (at timestamptz, "Name" varchar(20), n int DEFAULT 0, PRIMARY KEY (at, "Name"));
      INSERT INTO items SELECT now() + (i / 3) * interval '1 us', 'name ' || i FROM generate_series(1, ${rows}) AS i;`;
    const change =
      '-- table: items\nUPDATE items i SET n = n + 1 FROM batch b WHERE i.at = b.at AND i."Name" = b."Name"';
    const options = await prepared(change, table);

    await backfill({ ...options, rows: 300 });

    expect(await changes(options)).toEqual(eachOnce);
  });

  it('retries a batch while a request has locked one of its rows', async () => {
    const options = await prepared();
    const request = newClient(options.url);
    await request.connect();
    await request.query('BEGIN; UPDATE items SET n = n WHERE id = 1500');
    const retries: unknown[] = [];

    // The second batch waits for the row.
    await backfill({ ...options, onRetry: () => retries.push(request.end()) });

    expect(retries.length).toBeGreaterThanOrEqual(1);
    await Promise.all(retries);
    expect(await changes(options)).toEqual(eachOnce);
  });

  it('starts again when its migration was undone and applied again', async () => {
    const options = await prepared();
    await backfill(options);
    await rollBack(options);
    await expect(backfill(options)).rejects.toThrow(/^Migration 1_items is not applied: run/);
    await migrate(options);

    expect(await backfill(options)).toMatchObject({ read: rows, finished: true });

    expect(await changes(options)).toEqual(eachOnce);
  });

  it.each([
    [
      'UPDATE items SET n = 1',
      'The backfill.sql of 1_items must be "-- table: <name>" and one UPDATE, INSERT or DELETE',
    ],
    ['-- table: items\nDROP TABLE items', 'must be "-- table: <name>" and one UPDATE, INSERT or DELETE'],
    ['-- table: others\nUPDATE items SET n = 1', 'needs a table others with a primary key.'],
    [
      '-- table: items\nUPDATE items SET n = 1; DROP TABLE items',
      'The backfill of 1_items failed: syntax error at or near ";"',
    ],
    [
      '-- table: items\nUPDATE items SET boom = 1',
      'column "boom" of relation "items" does not exist. It continues there.',
    ],
  ])('refuses %j', async (change, message) => {
    const options = await prepared(change);

    await expect(backfill(options)).rejects.toThrow(message);
    expect(await changes(options)).toEqual([{ n: 0, rows }]);
  });

  it('refuses a migration that has no backfill, or is not applied', async () => {
    const options = await prepared();
    addMigrations(options.folder, { '2_b/migration.sql': 'SELECT 1;', '2_b/backfill.sql': counting });

    await expect(backfill({ ...options, migration: '0_backfills' })).rejects.toThrow(
      /^There is no migration 0_backfills with a backfill\.sql/,
    );
    await expect(backfill({ ...options, migration: '2_b' })).rejects.toThrow(/^Migration 2_b is not applied: run/);
  });

  it('is a command', async () => {
    const url = await emptyDatabase();
    await migrate({ url });

    expect(await command(url, 'backfill')).toMatchObject({ code: 0, stdout: 'No migration has a backfill.sql.\n' });
  });
});
