import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { startEmbedded } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { withConnection, withDatabase } from '../../../src/platform/database/migrations/connection.ts';
import { migrate } from '../../../src/platform/database/migrations/migrate.ts';
import { directSession } from '../../../src/platform/database/session.ts';
import { fixedPort } from '../process/fixed-port.ts';
import { isRunning, postgresPid, waitUntil } from '../process/wait-until.ts';

/** A migrated database for one scenario, and a folder. */
export interface TemporaryDatabase {
  readonly url: string;
  readonly pool: Pool;
  readonly folder: string;
  /** The server, if the database has one of its own. */
  readonly server: StoppableServer | undefined;
  /** Removes database and folder. */
  readonly remove: () => Promise<void>;
}

/** A PostgreSQL that a scenario stops and starts again with its data. */
export interface StoppableServer {
  /** Ends it at once, as pg_ctl stop --mode=immediate does: the next start recovers from the log of transactions. */
  readonly stopImmediately: () => Promise<void>;
  /** Resolves when it accepts connections on the port of before. */
  readonly startAgain: () => Promise<void>;
}

interface OpenServer {
  readonly url: string;
  readonly server?: StoppableServer;
  readonly stop: () => Promise<void>;
}

/** The package's folder: this file is compiled into dist/faults/test/harness/database. */
const packageFolder = join(import.meta.dirname, '../../../../..');

/**
 * Starts a PostgreSQL with its default settings in a temporary folder, or creates a database on the server of
 * TEST_DATABASE_URL, unless the server has to be the scenario's own.
 */
export async function openTemporaryDatabase({ hasOwnServer = false } = {}): Promise<TemporaryDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-faults-'));
  // When root runs the scenario, the embedded server runs as another user and must have access.
  chmodSync(folder, 0o755);
  // From the global setup of Jest, which passes values to its processes by the environment.
  const serverUrl = process.env['TEST_DATABASE_URL'];
  const isOwn = hasOwnServer || serverUrl === undefined;
  const server: OpenServer = isOwn ? await embeddedServer(folder) : await databaseOn(serverUrl);
  try {
    await migrate({ url: server.url, folder: join(packageFolder, 'prisma/migrations') });
  } catch (error) {
    await server.stop();
    throw error;
  }
  const pool = new Pool({ ...directSession(server.url), max: 6 });
  pool.on('error', () => undefined);
  return {
    url: server.url,
    pool,
    folder,
    server: server.server,
    remove: async () => {
      await pool.end();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function embeddedServer(folder: string): Promise<OpenServer> {
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  // Otherwise another process could take the port while the server is stopped.
  writeFileSync(join(dataDir, 'postgres-port'), `${await fixedPort()}\n`);
  let running = await startEmbedded({ dataDir });
  return {
    url: running.url,
    server: {
      stopImmediately: async () => {
        const pid = postgresPid(dataDir);
        process.kill(pid, 'SIGQUIT');
        await waitUntil('PostgreSQL has ended', () => !isRunning(pid));
        await running.stop();
      },
      startAgain: async () => {
        running = await startEmbedded({ dataDir });
      },
    },
    stop: async () => {
      await running.stop();
    },
  };
}

async function databaseOn(server: string): Promise<OpenServer> {
  const name = `scenario_${randomBytes(6).toString('hex')}`;
  const execute = async (sql: string): Promise<void> => {
    await withConnection(server, async (client) => await client.query(sql));
  };
  await execute(`CREATE DATABASE ${name}`);
  return {
    url: withDatabase(server, name),
    stop: async () => {
      await execute(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
