import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.ts';
import { startEmbedded } from '../../src/database/embedded/embedded-postgres.ts';
import { migrate } from '../../src/database/migrations/migrate.ts';
import { migrateQueue } from '../../src/queue/migrate-queue.ts';
import { compileProofs } from './compile-proofs.ts';

declare global {
  var plinthTestServer: { readonly server: EmbeddedPostgres; readonly folder: string } | undefined;
}

const prefix = 'plinth-test-';
const templateName = 'plinth_template';
/** Nothing that a test writes has to outlive a power cut. */
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a PostgreSQL for this run alone (own folder, own port) and migrates the template that every test file's
 * database is copied from. TEST_DATABASE_URL names another server to use instead: a superuser's, on an empty machine.
 */
export default async function globalSetup(): Promise<void> {
  compileProofs();
  // Jest's workers get what its own process tells them by its environment alone. In this folder they note which replies of
  // the document they have seen; document-reporter.js reads it.
  process.env['TEST_DOCUMENT_SEEN'] = mkdtempSync(join(tmpdir(), 'plinth-seen-'));
  const given = process.env['TEST_DATABASE_URL'];
  if (given === undefined) {
    await sweepDeadRuns();
    const folder = join(tmpdir(), `${prefix}${process.pid}`);
    mkdirSync(folder);
    // When root runs the tests, the server is another user's process and has to get here.
    chmodSync(folder, 0o755);
    const server = await startEmbedded({ dataDir: folder, settings });
    globalThis.plinthTestServer = { server, folder };
    process.env['TEST_DATABASE_URL'] = server.url;
  }
  await makeTemplate(process.env['TEST_DATABASE_URL'] ?? '');
}

async function makeTemplate(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${templateName} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${templateName}`);
  await client.end();
  const template = new URL(url);
  template.pathname = `/${templateName}`;
  await migrate({ url: template.href });
  await migrateQueue(template.href);
}

/** A run that was killed leaves its server behind: starting it once more takes it over, and then it can be stopped. */
async function sweepDeadRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    if (isAlive(Number(name.slice(prefix.length))) || !isOwn(folder)) continue;
    await startEmbedded({ dataDir: folder, settings }).then(
      async (server) => {
        await server.stop();
      },
      () => undefined,
    );
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What another user's run left behind is that user's to sweep. */
function isOwn(folder: string): boolean {
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  return owner !== undefined && owner === (process.getuid?.() ?? owner);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
