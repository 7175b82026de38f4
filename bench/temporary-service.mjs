import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbedded } from '../dist/platform/dev-postgres/dev-postgres.js';

const main = join(import.meta.dirname, '../dist/main.js');

/**
 * Runs work with the built service and a pool on a temporary database; removes both.
 * @param options settings of PostgreSQL, flags of node and variables of the service besides the usual ones
 */
export async function withTemporaryService({ settings = {}, flags = [], variables = {} }, work) {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  // When root runs this, the server runs as another user and must have access.
  chmodSync(folder, 0o755);
  const all = { fsync: 'off', max_wal_size: '4GB', ...settings };
  const server = await startEmbedded({ dataDir: folder, settings: all });
  const pool = new pg.Pool({ connectionString: server.url, max: 2 });
  // Nothing else of this process's environment is inherited.
  const { PATH, HOME } = process.env;
  const own = { DATABASE_URL: server.url, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn' };
  const service = spawn(process.execPath, [...flags, main], {
    cwd: folder,
    env: { PATH, HOME, ...own, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await work({ url: await urlOf(service), pid: service.pid, pool });
  } finally {
    await pool.end();
    if (service.kill('SIGTERM')) await once(service, 'exit');
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits for the URL in the banner. */
async function urlOf({ stdout }) {
  for await (const text of stdout.iterator({ destroyOnReturn: false })) {
    const [, url] = /ready at (http:\/\/[\w.[\]:]+)/.exec(String(text)) ?? [];
    if (url === undefined) continue;
    stdout.resume();
    return url;
  }
  throw new Error('The service ended before it was ready');
}
