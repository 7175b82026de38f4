import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { Client } from 'pg';
import { createMigration } from '../../../src/platform/database/migrations/create-migration.ts';
import { migrate, migrationStatus } from '../../../src/platform/database/migrations/migrate.ts';
import { pendingMigrations, requireMigrated } from '../../../src/platform/database/migrations/pending-migrations.ts';
import { resolveMigration } from '../../../src/platform/database/migrations/resolve-migration.ts';
import { migrationsFolder, shippedMigrations } from '../../../src/platform/database/migrations/shipped-migrations.ts';
import { StartupError } from '../../../src/platform/config/startup-error.ts';
import { newClient, serverUrl } from '../../harness/database/database.ts';
import { root } from '../../harness/process/service-process.ts';

const schemaFile = join(root, 'prisma/schema.prisma');
const server = serverUrl();
const scratch = mkdtempSync(join(tmpdir(), 'plinth-migrations-'));

let url: string;
let database: Client;

beforeEach(async () => {
  const name = `migrations_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} STRATEGY file_copy`);
  url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  database = await open(url);
});

afterEach(async () => {
  const name = new URL(url).pathname.slice(1);
  await database.end();
  await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
});

afterAll(() => {
  rmSync(scratch, { recursive: true });
});

describe('migrate', () => {
  it('brings an empty database up to date and then finds nothing to do', async () => {
    const names = shippedMigrations().map(({ name }) => name);
    const reported: string[] = [];
    expect(await pendingMigrations(query)).toEqual(names);
    await expect(requireMigrated(query)).rejects.toThrow(
      /^The database lacks migration .* run "node dist\/cli\/migrate\.js"/,
    );

    expect(await migrate({ url, onApplied: (name) => reported.push(name) })).toEqual(names);

    expect(reported).toEqual(names);
    expect(await pendingMigrations(query)).toEqual([]);
    await expect(requireMigrated(query)).resolves.toBeUndefined();
    expect(await migrate({ url })).toEqual([]);
    expect((await migrationStatus({ url })).map(({ state }) => state)).toEqual(names.map(() => 'applied'));
  });

  it('applies each migration once when four processes start together', async () => {
    const folder = migrations({
      '1_table': 'CREATE TABLE a (id int); SELECT pg_sleep(0.3);',
      // The other three processes wait meanwhile, and must not block this index.
      '2_index': "SET lock_timeout = '5s';\nSET statement_timeout = '10s';\nCREATE INDEX CONCURRENTLY a_id ON a (id);",
      '3_row': 'INSERT INTO a VALUES (1);',
    });

    const applied = await Promise.all([1, 2, 3, 4].map(async () => await migrateInProcess(folder)));

    expect(applied.flat().sort()).toEqual(['1_table', '2_index', '3_row']);
    expect((await database.query('SELECT migration_name FROM _prisma_migrations')).rowCount).toBe(3);
    expect((await database.query('SELECT id FROM a')).rows).toEqual([{ id: 1 }]);
  });

  it('gives up in one line when another process migrates for too long', async () => {
    const folder = migrations({ '1_slow': 'SELECT pg_advisory_xact_lock(77);' });
    await database.query('SELECT pg_advisory_lock(77)');
    const slow = migrate({ url, folder });
    await until(
      'SELECT FROM pg_stat_activity WHERE query ~ $1 AND datname = current_database() AND pid <> pg_backend_pid()',
      'pg_advisory_xact_lock\\(77',
    );

    await expect(migrate({ url, folder, lockWaitMs: 200 })).rejects.toThrow(
      new StartupError('Another process has been migrating the database for 0.2 s. Start again when it is done.'),
    );
    await database.query('SELECT pg_advisory_unlock(77)');
    expect(await slow).toEqual(['1_slow']);
  });

  it('refuses a migration that was edited after it was applied', async () => {
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);' });
    await migrate({ url, folder });
    add(folder, '1_a', 'CREATE TABLE a (id bigint);');
    add(folder, '2_b', 'CREATE TABLE b (id int);');

    await expect(migrate({ url, folder })).rejects.toThrow(/^Migration 1_a was changed after it was applied\. Restore/);
    expect(await migrationStatus({ url, folder })).toMatchObject([{ state: 'edited' }, { state: 'pending' }]);
  });

  it('refuses when the file of an applied migration is missing', async () => {
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);', '2_b': 'CREATE TABLE b (id int);' });
    await migrate({ url, folder });
    rmSync(join(folder, '1_a'), { recursive: true });

    await expect(migrate({ url, folder })).rejects.toThrow(/^Migration 1_a was applied .* its file is missing/);
  });

  it('ignores migrations of a later build', async () => {
    const later = migrations({ '1_a': 'CREATE TABLE a (id int);', '2_b': 'CREATE TABLE b (id int);' });
    await migrate({ url, folder: later });
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);' });

    expect(await migrate({ url, folder })).toEqual([]);
    expect(await pendingMigrations(query, folder)).toEqual([]);
    expect(await migrationStatus({ url, folder })).toMatchObject([{ state: 'applied' }, { state: 'newer' }]);
  });

  it("records migrations in the table and with the contents of Prisma's CLI", async () => {
    const folder = migrations({ '1_good': 'SELECT 1;', '2_bad': 'SELECT boom;' });
    await expect(migrate({ url, folder })).rejects.toThrow(/^Migration 2_bad failed/);
    await resolveMigration({ url, folder, name: '2_bad', as: 'applied' });

    const rows = await query(
      `SELECT migration_name, checksum, logs, applied_steps_count, length(id) AS id_length,
         finished_at >= started_at AS finished, rolled_back_at >= started_at AS rolled_back
       FROM _prisma_migrations ORDER BY started_at`,
    );

    const [good, bad] = shippedMigrations(folder).map(({ name, checksum }) => ({ migration_name: name, checksum }));
    const logs = 'Database error code: 42703\nERROR: column "boom" does not exist';
    expect(rows).toEqual([
      { ...good, id_length: 36, logs: null, applied_steps_count: 1, finished: true, rolled_back: null },
      { ...bad, id_length: 36, logs, applied_steps_count: 0, finished: null, rolled_back: true },
      { ...bad, id_length: 36, logs: '', applied_steps_count: 0, finished: true, rolled_back: null },
    ]);
  });

  it("waits while Prisma's CLI migrates", async () => {
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);' });
    await database.query('SELECT pg_advisory_lock(72707369)');

    await expect(migrate({ url, folder, lockWaitMs: 100 })).rejects.toThrow(/^Another process has been migrating/);
    await database.query('SELECT pg_advisory_unlock_all()');

    expect(await migrate({ url, folder })).toEqual(['1_a']);
  });

  it('names a failed migration, leaves nothing of it and applies it after it was fixed and resolved', async () => {
    const folder = migrations({
      '1_good': 'CREATE TABLE a (id int);',
      '2_bad': 'CREATE TABLE b (id int); SELECT boom;',
    });

    await expect(migrate({ url, folder })).rejects.toThrow(
      /^Migration 2_bad failed: column "boom" does not exist\. .*npm run db:resolve -- 2_bad --rolled-back.*$/,
    );
    await expect(migrate({ url, folder })).rejects.toThrow(
      /^Migration 2_bad was begun and not finished\. .*db:resolve/,
    );
    expect((await database.query("SELECT to_regclass('a') AS a, to_regclass('b') AS b")).rows).toEqual([
      { a: 'a', b: null },
    ]);
    expect(await pendingMigrations(query, folder)).toEqual(['2_bad']);

    add(folder, '2_bad', 'CREATE TABLE b (id int);');
    await resolveMigration({ url, folder, name: '2_bad', as: 'rolled-back' });

    expect(await migrate({ url, folder })).toEqual(['2_bad']);
  });

  it('applies a migration again whose process was killed before it ran', async () => {
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);', '2_b': 'INSERT INTO a VALUES (1);' });
    await migrate({ url, folder });
    await database.query(
      "DELETE FROM a; UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_b'",
    );

    expect(await migrate({ url, folder })).toEqual(['2_b']);

    expect(await query('SELECT id FROM a')).toEqual([{ id: 1 }]);
    expect(await migrationStatus({ url, folder })).toMatchObject([{ state: 'applied' }, { state: 'applied' }]);
  });

  it('waits for a script that outlives its process, and does not apply it twice', async () => {
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);' });
    await migrate({ url, folder });
    add(folder, '2_b', 'INSERT INTO a VALUES (1); SELECT pg_sleep(1.2);');
    const killed = migrationProcess(folder);
    await until(
      'SELECT FROM pg_stat_activity WHERE query ~ $1 AND datname = current_database() AND pid <> pg_backend_pid()',
      'pg_sleep\\(1\\.2',
    );
    killed.kill('SIGKILL');

    expect(await migrate({ url, folder })).toEqual([]);

    expect(await query('SELECT id FROM a')).toEqual([{ id: 1 }]);
    expect(await pendingMigrations(query, folder)).toEqual([]);
  });

  it.each([
    ['has changed since', 'CREATE TABLE a (id int);', 'CREATE TABLE a (id bigint);'],
    ['is more than one transaction', 'CREATE TABLE a (id int);\nCOMMIT;', undefined],
  ])('refuses a migration whose process was killed when it %s', async (_, sql, changed) => {
    const folder = migrations({ '1_a': sql });
    await migrate({ url, folder });
    await database.query('UPDATE _prisma_migrations SET finished_at = NULL');
    if (changed !== undefined) add(folder, '1_a', changed);

    await expect(migrate({ url, folder })).rejects.toThrow(/^Migration 1_a was begun and not finished\. .*db:resolve/);
  });

  it('rebuilds an index whose concurrent build failed', async () => {
    const folder = migrations({
      '1_table': 'CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);',
      '2_index': "SET lock_timeout = '5s';\nCREATE UNIQUE INDEX CONCURRENTLY a_id ON a (id);",
    });
    await expect(migrate({ url, folder })).rejects.toThrow(/^Migration 2_index failed: could not create unique index/);
    await database.query('TRUNCATE a');
    await resolveMigration({ url, folder, name: '2_index', as: 'rolled-back' });

    expect(await migrate({ url, folder })).toEqual(['2_index']);
    const index = await database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_id'::regclass");
    expect(index.rows).toEqual([{ indisvalid: true }]);
  });

  it('reports the loss of the connection that runs the script', async () => {
    const folder = migrations({ '1_slow': 'SELECT pg_sleep(30.5);' });
    const slow = migrate({ url, folder });
    slow.catch(() => undefined);
    const running =
      'FROM pg_stat_activity WHERE query ~ $1 AND datname = current_database() AND pid <> pg_backend_pid()';
    await until(`SELECT ${running}`, 'pg_sleep\\(30\\.5');

    await database.query(`SELECT pg_terminate_backend(pid) ${running}`, ['pg_sleep\\(30\\.5']);

    await expect(slow).rejects.toThrow(/^Migration 1_slow failed: terminating connection .*db:resolve/);
    expect(await migrationStatus({ url, folder })).toEqual([{ name: '1_slow', state: 'failed' }]);
  });

  it('refuses to continue when a migration of another build was not finished', async () => {
    const other = migrations({ '1_a': 'CREATE TABLE a (id int);', '9_bad': 'SELECT boom;' });
    await expect(migrate({ url, folder: other })).rejects.toThrow(/^Migration 9_bad failed/);
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);', '2_b': 'CREATE TABLE b (id int);' });

    await expect(migrate({ url, folder })).rejects.toThrow(/^Migration 9_bad was begun and not finished/);

    await resolveMigration({ url, folder, name: '9_bad', as: 'rolled-back' });
    expect(await migrate({ url, folder })).toEqual(['2_b']);
  });

  it('refuses a database that has tables of other origin', async () => {
    await database.query('CREATE TABLE theirs (id int)');

    await expect(migrate({ url })).rejects.toThrow(
      /^Migration \S+ could not be applied: the database holds tables that no migration made\. Use an empty one\.$/,
    );
  });

  it('retries a migration that could not get a lock', async () => {
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);' });
    await migrate({ url, folder });
    add(folder, '2_b', "SET lock_timeout = '100ms';\nALTER TABLE a ADD COLUMN b int;");
    await database.query('BEGIN; LOCK TABLE a IN ACCESS SHARE MODE');
    const retried: [string, number][] = [];
    const onRetry = (name: string, attempt: number): void => {
      if (retried.push([name, attempt]) === 2) void database.query('COMMIT');
    };

    expect(await migrate({ url, folder, onRetry, retryDelayMs: 10 })).toEqual(['2_b']);

    expect(retried.slice(0, 2)).toEqual([
      ['2_b', 1],
      ['2_b', 2],
    ]);
    expect(await migrationStatus({ url, folder })).toMatchObject([{ state: 'applied' }, { state: 'applied' }]);
  });

  it('lets writers continue between two attempts to get a lock', async () => {
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);' });
    await migrate({ url, folder });
    add(folder, '2_b', "SET lock_timeout = '300ms';\nALTER TABLE a ADD COLUMN b int;");
    const writer = await open(url);
    await database.query('BEGIN; LOCK TABLE a IN ACCESS SHARE MODE');
    const migrated = migrate({ url, folder, retryDelayMs: 500 });
    await until('SELECT FROM pg_locks WHERE NOT granted AND relation = $1::text::regclass', 'a');

    // It waits for the migration, which waits for the reader that holds its lock all the time.
    expect((await writer.query('INSERT INTO a VALUES (1)')).rowCount).toBe(1);

    await database.query('COMMIT');
    expect(await migrated).toEqual(['2_b']);
    await writer.end();
  });

  it('has timeouts of its own for a file that sets none', async () => {
    const shown = "SELECT current_setting('lock_timeout') AS l, current_setting('statement_timeout') AS s";
    const folder = migrations({
      '1_own': `SET lock_timeout = '1s';\nSET statement_timeout = '30min';\nCREATE TABLE a AS ${shown};`,
      '2_none': `CREATE TABLE b AS ${shown};`,
    });

    await migrate({ url, folder });

    expect(await query('TABLE a UNION ALL TABLE b')).toEqual([
      { l: '1s', s: '30min' },
      { l: '5s', s: '1min' },
    ]);
  });

  it('gives up on a lock without leaving anything to resolve', async () => {
    const folder = migrations({ '1_a': 'CREATE TABLE a (id int);' });
    await migrate({ url, folder });
    add(folder, '2_b', "SET lock_timeout = '10ms';\nALTER TABLE a ADD COLUMN b int;");
    await database.query('BEGIN; LOCK TABLE a IN ACCESS SHARE MODE');

    await expect(migrate({ url, folder, retryDelayMs: 1 })).rejects.toThrow(/^Migration 2_b gave up after 6 attempts/);

    await database.query('COMMIT');
    expect(await migrate({ url, folder })).toEqual(['2_b']);
  });

  it.each([
    [
      'postgresql://reader:s3cret@127.0.0.1:1/nowhere',
      "The database 127.0.0.1:1/nowhere can't be used: nothing listens there.",
    ],
    [
      'postgresql://reader:s3cret@[oops/nowhere',
      'DATABASE_URL: must be a URL such as postgresql://user:password@host:5432/database; other characters in the password must be percent-encoded.',
    ],
  ])('reports an unreachable database in one line without credentials', async (unreachable, message) => {
    await expect(migrate({ url: unreachable })).rejects.toMatchObject({ message });
  });

  it('reports a missing database in one line', async () => {
    const missing = Object.assign(new URL(server), { pathname: '/no_such_database' }).href;

    await expect(migrate({ url: missing })).rejects.toThrow(
      /\/no_such_database can't be used: there is no such database\.$/,
    );
  });
});

describe('db:resolve', () => {
  it('marks a migration as applied whose work an operator has done', async () => {
    const folder = migrations({ '1_a': 'SELECT boom;' });
    await expect(migrate({ url, folder })).rejects.toThrow(StartupError);

    await resolveMigration({ url, folder, name: '1_a', as: 'applied' });

    expect(await migrate({ url, folder })).toEqual([]);
    await expect(resolveMigration({ url, folder, name: '1_a', as: 'rolled-back' })).rejects.toThrow(
      'Migration 1_a is applied: there is nothing to resolve.',
    );
  });

  it('refuses migrations that were not begun or do not exist', async () => {
    const folder = migrations({ '1_a': 'SELECT 1;' });
    const resolved = async (name: string): Promise<void> => {
      await resolveMigration({ url, folder, name, as: 'rolled-back' });
    };

    await expect(resolved('1_a')).rejects.toThrow('Migration 1_a was not begun: there is nothing to roll back.');
    await expect(resolved('2_b')).rejects.toThrow(/^There is no migration 2_b/);
  });
});

describe('db:diff', () => {
  it('writes nothing when the migrations already create the schema', async () => {
    const folder = copyOfMigrations();
    const before = readdirSync(folder);

    expect(await createMigration({ url, name: 'nothing', folder, schema: schemaFile })).toBeUndefined();

    expect(readdirSync(folder)).toEqual(before);
    expect((await database.query("SELECT FROM pg_database WHERE datname LIKE 'plinth_shadow_%'")).rowCount).toBe(0);
  });

  it('writes nothing for partitions, those that are created later included', async () => {
    const folder = copyOfMigrations();
    const functions =
      "audit_events_create_partitions(14), create_month_partition('archived_jobs', '2099-01-01T00:00:00Z')";
    add(folder, '99990101000000_later', `SELECT ${functions};`);

    expect(await createMigration({ url, name: 'nothing', folder, schema: schemaFile })).toBeUndefined();
  });

  it('writes a change of a partitioned table once', async () => {
    const folder = copyOfMigrations();
    const schema = join(scratch, 'changed-events.prisma');
    const declared = readFileSync(schemaFile, 'utf8');
    writeFileSync(schema, declared.replace('@@map("audit_events")', '@@index([requestId])\n  $&'));

    const created = await createMigration({ url, name: 'index', folder, schema });

    const sql = readFileSync(join(folder, created ?? '', 'migration.sql'), 'utf8');
    expect(sql.match(/^[A-Z].*audit_events.*/gm)).toEqual([
      'CREATE INDEX "audit_events_request_id_idx" ON "audit_events"("request_id");',
    ]);
    expect(await migrate({ url, folder })).toContain(created);
  });

  it('writes the changes with timeouts as a migration that can be applied', async () => {
    const folder = copyOfMigrations();
    const schema = join(scratch, 'changed.prisma');
    writeFileSync(
      schema,
      `${readFileSync(schemaFile, 'utf8')}\nmodel Parcel {\n  id String @id\n\n  @@map("parcels")\n}\n`,
    );

    const created = await createMigration({ url, name: 'Add parcels', folder, schema });

    expect(created).toMatch(/^\d{14}_add_parcels$/);
    const sql = readFileSync(join(folder, created ?? '', 'migration.sql'), 'utf8');
    expect(sql).toMatch(
      /^SET lock_timeout = '5s';\nSET statement_timeout = '60s';\n\n-- CreateTable\nCREATE TABLE "parcels"/,
    );
    expect(sql).not.toMatch(/DROP|ALTER/);
    expect(await createMigration({ url, name: 'again', folder, schema })).toBeUndefined();
    expect(await migrate({ url, folder })).toContain(created);
  });

  it('names the migration that fails on an empty database', async () => {
    const folder = migrations({ '20260101000000_bad': 'SELECT boom;' });

    await expect(createMigration({ url, name: 'x', folder, schema: schemaFile })).rejects.toThrow(
      /^Migration `20260101000000_bad` failed to apply .*: column "boom" does not exist\.$/,
    );
    expect((await database.query("SELECT FROM pg_database WHERE datname LIKE 'plinth_shadow_%'")).rowCount).toBe(0);
  });
});

describe('The first migration', () => {
  beforeEach(async () => {
    await migrate({ url });
  });

  it.each(["UPDATE audit_events SET event = 'x'", 'DELETE FROM audit_events', 'TRUNCATE audit_events'])(
    'prevents changes of audit events: %s',
    async (sql) => {
      await database.query(
        "INSERT INTO audit_events (id, event, outcome) VALUES (uuid_v7(1), 'authn_login_success', 'success')",
      );

      await expect(database.query(sql)).rejects.toMatchObject({
        code: '42501',
        message: 'audit_events is append-only',
      });
    },
  );

  it('allows the email address of a deleted account to be used again', async () => {
    const insert = `INSERT INTO users (id, email, email_normalized) VALUES (gen_random_uuid(), 'a@b.co', 'a@b.co')`;
    await database.query(insert);

    await expect(database.query(insert)).rejects.toMatchObject({ constraint: 'users_email_live_key' });
    await database.query('UPDATE users SET deleted_at = now()');
    await database.query(insert);
  });

  it.each([
    [
      "INSERT INTO users (id, email, email_normalized, roles) VALUES (gen_random_uuid(), 'a', 'a', ARRAY[NULL])",
      'users_roles_check',
    ],
    [
      "INSERT INTO users (id, email, email_normalized, version) VALUES (gen_random_uuid(), 'a', 'a', 0)",
      'users_version_check',
    ],
    [
      "INSERT INTO signing_keys (kid, state, public_jwk, encrypted_private_key) VALUES ('a', 'odd', '{}', '')",
      'signing_keys_state_check',
    ],
    ["INSERT INTO audit_events (id, event, outcome) VALUES (uuid_v7(1), 'a', 'maybe')", 'audit_events_outcome_check'],
  ])('refuses invalid rows: %s', async (sql, constraint) => {
    await expect(database.query(sql)).rejects.toMatchObject({ code: '23514', constraint });
  });

  it.each(["email_normalized LIKE 'ann%'", "email_normalized > 'ann@b.co'"])(
    'finds %s in the order of email addresses by one index',
    async (condition) => {
      await database.query('SET enable_seqscan = off; SET enable_sort = off');
      const plan = await database.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT * FROM users WHERE deleted_at IS NULL AND ${condition} ORDER BY email_normalized LIMIT 20`,
      );

      const text = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(text).toMatch(/Index Scan using users_email_live_key[\s\S]*Index Cond/);
      expect(text).not.toMatch(/Sort/);
    },
  );
});

async function query(sql: string): Promise<readonly unknown[]> {
  return (await database.query<Record<string, unknown>>(sql)).rows;
}

function migrations(files: Record<string, string>): string {
  const folder = mkdtempSync(join(scratch, 'folder-'));
  for (const [name, sql] of Object.entries(files)) add(folder, name, sql);
  return folder;
}

function add(folder: string, name: string, sql: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'migration.sql'), sql);
}

function copyOfMigrations(): string {
  const folder = mkdtempSync(join(scratch, 'folder-'));
  cpSync(migrationsFolder, folder, { recursive: true });
  return folder;
}

async function migrateInProcess(folder: string): Promise<string[]> {
  const child = migrationProcess(folder);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString().trim().split(',').filter(Boolean);
}

function migrationProcess(folder: string): ChildProcessByStdio<null, Readable, null> {
  const module = pathToFileURL(join(root, 'src/platform/database/migrations/migrate.ts')).href;
  const script = `const { migrate } = await import(${JSON.stringify(module)});
    console.log((await migrate(${JSON.stringify({ url, folder })})).join());`;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function until(sql: string, ...values: string[]): Promise<void> {
  while ((await database.query(sql, values)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function open(connectionString: string): Promise<Client> {
  const client = newClient(connectionString);
  await client.connect();
  return client;
}

async function onServer(sql: string): Promise<void> {
  const client = await open(server);
  await client.query(sql).finally(async () => {
    await client.end();
  });
}
