import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedPostgres } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { startEmbedded } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { withConnection, withDatabase } from '../../../src/platform/database/migrations/connection.ts';
import { migrate } from '../../../src/platform/database/migrations/migrate.ts';
import { clusterMode } from '../app/cluster.ts';
import { urlsOf } from '../database/database.ts';
import { databaseMode, hostileSettings } from '../database/database-mode.ts';
import type { PgBouncer } from '../database/pgbouncer.ts';
import { startPgBouncer } from '../database/pgbouncer.ts';
import { rolesPage } from '../database/roles-page.ts';
import { startRedisOfRun } from '../redis/redis-mode.ts';
import type { RedisServer } from '../redis/redis-server.ts';
import { isRunning } from '../process/wait-until.ts';
import { keepEnvironment } from './environment-variables.ts';

declare global {
  var plinthTestRun: TestRun | undefined;
}

/** What the run has started and changed; global-teardown.ts ends and restores it. */
interface TestRun {
  readonly folder: string;
  readonly restoreEnvironment: () => void;
  server?: EmbeddedPostgres;
  pooler?: PgBouncer;
  redis?: RedisServer;
}

const prefix = 'plinth-test-';
const serverFolder = 'server';
const templateName = 'plinth_template';
/** Every test file creates and removes a database of some 300 files: in memory this takes a third of the time. */
const memoryFolder = '/dev/shm';
const memoryNeeded = 4 * 2 ** 30;
/** Test data needs no durability. */
const settings = {
  ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' },
  // Each application of `npm run test:cluster` has five processes.
  ...(clusterMode === 'on' && { max_connections: '500' }),
};

/**
 * Starts a PostgreSQL for this run (own folder, own port) and migrates the template that every test file's
 * database is copied from. TEST_DATABASE_URL names another server to use instead: a superuser's, on an empty machine.
 */
export default async function globalSetup(): Promise<void> {
  const parent = parentFolder();
  await removeDeadRuns(parent);
  const folder = join(parent, `${prefix}${process.pid}`);
  mkdirSync(folder);
  // As in /tmp, every user may create files here: when root runs the tests, the servers run as another user.
  chmodSync(folder, 0o1777);
  globalThis.plinthTestRun = { folder, restoreEnvironment: keepEnvironment() };
  // Workers inherit the environment, and everything temporary is in this folder.
  process.env['TMPDIR'] = folder;
  // Workers record the documented responses that they receive; response-coverage-reporter.js reads them.
  process.env['TEST_RESPONSE_COVERAGE'] = subfolder(folder, 'coverage');
  // Node reads and writes compiled code here: the tests start the service more than a hundred times.
  process.env['NODE_COMPILE_CACHE'] = subfolder(folder, 'compiled');
  if (process.env['TEST_DATABASE_URL'] === undefined) {
    const server = await startEmbedded({ dataDir: subfolder(folder, serverFolder), settings });
    globalThis.plinthTestRun.server = server;
    process.env['TEST_DATABASE_URL'] = server.url;
  }
  const redis = await startRedisOfRun();
  if (redis !== undefined) globalThis.plinthTestRun.redis = redis;
  const url = process.env['TEST_DATABASE_URL'];
  await makeTemplate(url);
  await prepareMode(url);
}

function subfolder(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

/** The folder in memory, unless it is too small or TMPDIR names another folder. */
function parentFolder(): string {
  return process.env['TMPDIR'] === undefined && hasMemoryFolder() ? memoryFolder : tmpdir();
}

/** Whether the system has a folder in memory with the capacity for the databases, where tests may also run programs. */
function hasMemoryFolder(): boolean {
  if (process.platform !== 'linux') return false;
  const [, folder, type, options] = /^\S+ (\/dev\/shm) (\S+) (\S+)/m.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];
  if (folder !== memoryFolder || type !== 'tmpfs' || options?.split(',').includes('noexec') !== false) return false;
  const { bavail, bsize } = statfsSync(memoryFolder);
  return bavail * bsize >= memoryNeeded && process.availableMemory() >= 2 * memoryNeeded;
}

async function makeTemplate(url: string): Promise<void> {
  await onDatabase(url, `DROP DATABASE IF EXISTS ${templateName} WITH (FORCE)`);
  await onDatabase(url, `CREATE DATABASE ${templateName} ENCODING 'UTF8' TEMPLATE template0`);
  const template = withDatabase(url, templateName);
  const { migrating } = urlsOf(template);
  const page = rolesPage({ plinth: templateName });
  if (databaseMode === 'least-privilege') {
    for (const role of page.roles.split('\n').filter((line) => line.startsWith('CREATE ROLE')))
      await onDatabase(url, role);
    await onDatabase(template, page.schemas);
  }
  await migrate({ url: migrating });
  if (databaseMode !== 'least-privilege') return;
  await onDatabase(migrating, page.exceptions);
  // The service may use tables that a test creates, and so may the owner of tables whose rows cascade to them.
  await onDatabase(
    template,
    'ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT ALL ON TABLES TO plinth_app, plinth_migrate',
  );
  await onDatabase(
    template,
    'ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT ALL ON SEQUENCES TO plinth_app, plinth_migrate',
  );
}

/** Configures the server for the mode of the run. */
async function prepareMode(url: string): Promise<void> {
  const role = new URL(url).username;
  if (databaseMode === 'hostile-settings') {
    for (const [name, value] of Object.entries(hostileSettings))
      await onDatabase(url, `ALTER ROLE ${role} SET ${name} = '${value}'`);
  }
  if (databaseMode !== 'pgbouncer') return;
  const limits = { statement_timeout: '10s', lock_timeout: '2500ms', idle_in_transaction_session_timeout: '10s' };
  for (const [name, value] of Object.entries(limits))
    await onDatabase(url, `ALTER ROLE ${role} SET ${name} = '${value}'`);
  const pooler = await startPgBouncer(url);
  if (globalThis.plinthTestRun) globalThis.plinthTestRun.pooler = pooler;
  process.env['TEST_POOLER_PORT'] = String(pooler.port);
}

async function onDatabase(url: string, sql: string): Promise<void> {
  await withConnection(url, async (client) => await client.query(sql));
}

/** A killed run leaves its server running: starting it again takes it over, so that it can be stopped. */
async function removeDeadRuns(parent: string): Promise<void> {
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(parent, name);
    if (isRunning(Number(name.slice(prefix.length))) || !isOwn(folder)) continue;
    const dataDir = join(folder, serverFolder);
    if (existsSync(dataDir)) {
      await startEmbedded({ dataDir, settings }).then(
        async (server) => {
          await server.stop();
        },
        () => undefined,
      );
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders of other users are not removed. */
function isOwn(folder: string): boolean {
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  return owner !== undefined && owner === (process.getuid?.() ?? owner);
}
