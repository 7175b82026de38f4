import { describe, expect, it } from '@jest/globals';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrate, migrationStatus } from '../../../src/platform/database/migrations/migrate.ts';
import { rollBack } from '../../../src/platform/database/migrations/roll-back.ts';
import { migrationsFolder, shippedMigrations } from '../../../src/platform/database/migrations/shipped-migrations.ts';
import { newClient } from '../../harness/database/database.ts';
import { emptyDatabase, query } from '../../harness/database/empty-database.ts';
import { addMigrations, migrationFolder } from '../../harness/database/migration-folder.ts';
import { schemaObjects } from '../../harness/database/schema-objects.ts';
import { command } from '../../harness/process/command.ts';
import { FaultyProxy } from '../../harness/process/faulty-proxy.ts';
import { temporaryFolder } from '../../harness/process/service-process.ts';

const names = shippedMigrations().map(({ name }) => name);
const revertible = names.filter((name) => existsSync(join(migrationsFolder, name, 'down.sql')));

/** Three migrations; the first one has no down.sql. */
const three = {
  '1_a/migration.sql': 'CREATE TABLE a (id int);',
  '2_b/migration.sql': 'ALTER TABLE a ADD COLUMN b int;',
  '2_b/down.sql': 'ALTER TABLE a DROP COLUMN b;',
  '3_c/migration.sql': 'CREATE INDEX CONCURRENTLY c ON a (b);',
  '3_c/down.sql': "SET statement_timeout = '5min';\nDROP INDEX CONCURRENTLY IF EXISTS c;",
};

async function migrated(files: Readonly<Record<string, string>> = three): Promise<{ url: string; folder: string }> {
  const url = await emptyDatabase();
  const folder = migrationFolder(files);
  await migrate({ url, folder });
  return { url, folder };
}

async function states(place: { url: string; folder: string }): Promise<string[]> {
  return (await migrationStatus(place)).map(({ state }) => state);
}

describe('npm run db:rollback', () => {
  it('undoes every down.sql of this repository, so that migrating again has the same result', async () => {
    const url = await emptyDatabase();
    const folder = temporaryFolder();
    expect(revertible).toContain('20261130710000_backfills');
    for (const name of names) {
      cpSync(join(migrationsFolder, name), join(folder, name), { recursive: true });
      if (!revertible.includes(name)) continue;
      const before = await migrateTo(url, folder, name);

      const after = await schemaObjects(url);
      expect(await rollBack({ url, folder })).toEqual([name]);
      expect({ name, objects: await schemaObjects(url) }).toEqual({ name, objects: before });
      await migrate({ url, folder });
      expect({ name, objects: await schemaObjects(url) }).toEqual({ name, objects: after });
    }
  });

  it('undoes the last migration, which is pending then', async () => {
    const place = await migrated();

    expect(await rollBack(place)).toEqual(['3_c']);

    expect(await states(place)).toEqual(['applied', 'applied', 'pending']);
    expect(await query(place.url, "SELECT to_regclass('c') AS index")).toEqual([{ index: null }]);
    expect(await migrate(place)).toEqual(['3_c']);
  });

  it('undoes all migrations after --to, newest first', async () => {
    const place = await migrated();
    const reported: string[] = [];

    expect(await rollBack({ ...place, to: '1_a', onRolledBack: (name) => reported.push(name) })).toEqual([
      '3_c',
      '2_b',
    ]);

    expect(reported).toEqual(['3_c', '2_b']);
    expect(await states(place)).toEqual(['applied', 'pending', 'pending']);
    expect(await migrate(place)).toEqual(['2_b', '3_c']);
    await expect(rollBack({ ...place, to: '9_z' })).rejects.toThrow('Migration 9_z is not applied');
    expect(await rollBack({ ...place, to: '3_c' })).toEqual([]);
  });

  it('undoes each migration once when four callers start together', async () => {
    const place = await migrated();

    const undone = await Promise.all(
      [1, 2, 3, 4].map(async () => await rollBack({ ...place, to: '1_a' }).catch(String)),
    );

    // Those that come later find that nothing is applied after 1_a.
    expect(undone.flat()).toEqual(expect.arrayContaining(['3_c', '2_b']));
    expect(undone.flat()).toHaveLength(2);
  });

  it('changes nothing when one of the migrations has no down.sql', async () => {
    const place = await migrated();
    addMigrations(place.folder, { '4_d/migration.sql': 'SELECT 1;' });
    await migrate(place);

    await expect(rollBack({ ...place, to: '1_a' })).rejects.toThrow(
      /^Migration 4_d has no down\.sql, so it cannot be rolled back and nothing was changed/,
    );
    expect(await states(place)).toEqual(['applied', 'applied', 'applied', 'applied']);
  });

  it('leaves a migration applied whose down.sql fails', async () => {
    const place = await migrated({
      '1_a/migration.sql': 'CREATE TABLE a (id int);',
      '1_a/down.sql': 'DROP TABLE a; SELECT boom;',
    });

    await expect(rollBack(place)).rejects.toThrow(
      'The rollback of migration 1_a failed: column "boom" does not exist. It is still applied.',
    );
    expect(await states(place)).toEqual(['applied']);
    expect(await query(place.url, 'TABLE a')).toEqual([]);
  });

  it('retries while other work holds a lock', async () => {
    const place = await migrated();
    await rollBack(place);
    addMigrations(place.folder, { '2_b/down.sql': "SET lock_timeout = '20ms';\nALTER TABLE a DROP COLUMN b;" });
    const reader = newClient(place.url);
    await reader.connect();
    await reader.query('BEGIN; LOCK TABLE a IN ACCESS SHARE MODE');
    const attempts: number[] = [];

    const undone = rollBack({
      ...place,
      retryDelayMs: 10,
      onRetry: (_, attempt) => {
        if (attempts.push(attempt) === 2) void reader.end();
      },
    });

    expect(await undone).toEqual(['2_b']);
    expect(attempts.length).toBeGreaterThanOrEqual(2);
  });

  it('does not say that a migration is still applied when the connection is lost', async () => {
    const place = await migrated();
    await rollBack(place);
    addMigrations(place.folder, { '2_b/down.sql': "SET lock_timeout = '5ms';\nALTER TABLE a DROP COLUMN b;" });
    const reader = newClient(place.url);
    await reader.connect();
    await reader.query('BEGIN; LOCK TABLE a IN ACCESS SHARE MODE');
    const proxy = await FaultyProxy.start(place.url);
    const onRetry = (): void => {
      proxy.cut();
    };

    await expect(rollBack({ ...place, url: proxy.url, retryDelayMs: 1, onRetry })).rejects.toThrow(
      /^The rollback of migration 2_b failed: .+\. It is unknown whether it is still applied: "npm run db:status" shows it\.$/,
    );

    await reader.end();
    await proxy.close();
  });

  it('gives up on a lock that is held for too long, and leaves the migration applied', async () => {
    const place = await migrated({
      ...three,
      '2_b/down.sql': "SET lock_timeout = '5ms';\nALTER TABLE a DROP COLUMN b;",
      '3_c/migration.sql': 'CREATE TABLE c ();',
      '3_c/down.sql': 'DROP TABLE c;',
    });
    const reader = newClient(place.url);
    await reader.connect();
    await reader.query('BEGIN; LOCK TABLE a IN ACCESS SHARE MODE');

    await expect(rollBack({ ...place, to: '1_a', retryDelayMs: 1 })).rejects.toThrow(
      /^Migration 2_b gave up after 6 attempts to get a lock that other work holds\. It has changed nothing; earlier/,
    );

    await reader.end();
    expect(await states(place)).toEqual(['applied', 'applied', 'pending']);
  });

  it('refuses migrations of a later build, and those that failed', async () => {
    const { url, folder } = await migrated();
    const earlier = migrationFolder({ '1_a/migration.sql': three['1_a/migration.sql'] });

    await expect(rollBack({ url, folder: earlier })).rejects.toThrow(
      /^Migration 2_b was applied by a later build, which has its down\.sql/,
    );
    addMigrations(folder, { '4_d/migration.sql': 'SELECT boom;' });
    await expect(migrate({ url, folder })).rejects.toThrow('boom');
    await expect(rollBack({ url, folder })).rejects.toThrow(/^Migration 4_d was begun and not finished/);
  });

  it('is a command', async () => {
    const url = await emptyDatabase();
    await migrate({ url });

    const usage = await command(url, 'migration-rollback', '20261130710000_backfills');
    expect(usage).toMatchObject({ code: 1, stderr: expect.stringMatching(/^plinth: Usage: npm run db:rollback/) });
    const last = names.at(-1) ?? '';
    const { stdout, stderr } = await command(url, 'migration-rollback');
    expect(stdout + stderr).toContain(
      revertible.includes(last) ? `Rolled back ${last}\n` : `Migration ${last} has no down.sql`,
    );
  });
});

/** Applies the migrations before this one, then this one; returns the objects that there were before it. */
async function migrateTo(url: string, folder: string, name: string): Promise<Record<string, unknown>[]> {
  const others = temporaryFolder();
  cpSync(folder, others, { recursive: true, filter: (path) => !path.includes(name) });
  await migrate({ url, folder: others });
  const before = await schemaObjects(url);
  await migrate({ url, folder });
  return before;
}
