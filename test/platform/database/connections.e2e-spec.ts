import { describe, expect, it } from '@jest/globals';
import { TransactionHost } from '@nestjs-cls/transactional';
import fs from 'node:fs';
import { join } from 'node:path';
import { PostgresPool } from '../../../src/platform/database/postgres-pool.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { startApp } from '../../harness/app/app.ts';
import { databaseMode } from '../../harness/database/database-mode.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { root } from '../../harness/process/service-process.ts';
import { effectsTable, EffectJob, TestJobsModule } from '../../harness/app/test-jobs.ts';

/** The cells of the page's table; the last row is the sum. */
const page = fs.readFileSync(join(root, 'docs/reference/connections.md'), 'utf8');
const rows = [...page.matchAll(/^\| (.+?) +\| \**(\d+)\** +\| \**(\d+)\** +\| \**(\d+)\** +\|$/gm)].map((cells) =>
  cells.slice(2).map(Number),
);
const sums = rows.at(-1) ?? [];
const [maximum = 0] = sums;

// On a slow machine, 40 transactions wait longer than 3 s for the 12 connections.
const { app, api, database } = await startApp({ DATABASE_CONNECT_TIMEOUT_MS: '30000' }, [TestJobsModule]);
await database.pool.query(effectsTable);
const ledger = app.get(JobQueue);
const transactions = app.get<TransactionHost>(TransactionHost);
const jobs = new JobTables(database);

async function openConnections(): Promise<number> {
  const { rows: found } = await database.pool.query<{ count: number }>(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'plinth'`,
  );
  return found[0]?.count ?? 0;
}

describe('docs/reference/connections.md', () => {
  it('has sums that are correct', () => {
    expect(rows).toHaveLength(9);
    expect(sums).toEqual(
      [0, 1, 2].map((column) => rows.slice(0, -1).reduce((sum, row) => sum + (row[column] ?? 0), 0)),
    );
    const { 1: writtenMax = '' } = /default of (\d+) connections/.exec(page) ?? [];
    expect(Math.floor((Number(writtenMax) - 3) / maximum)).toBe(3);
  });

  it('documents at least as many connections as a busy process holds', async () => {
    const ids = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => await ledger.enqueue(EffectJob, { key: `k${at}`, takesMs: 1500 })),
    );
    let busiest = 0;
    const transactionsInParallel = Array.from({ length: 40 }, async () => {
      await transactions.withTransaction(async () => {
        busiest = Math.max(busiest, await openConnections());
      });
    });
    await Promise.all([...transactionsInParallel, api.get('/readyz')]);
    for (const id of ids) await jobs.reach(id, 'succeeded');

    // Without exports and artifacts. How many internal connections are open at the same time depends on timing.
    // Behind PgBouncer, the server sees the pooler's connections in place of the main pool.
    const least = databaseMode === 'pgbouncer' ? 0 : (rows[0]?.[0] ?? Infinity);
    expect(busiest).toBeGreaterThan(least);
    expect(busiest).toBeLessThanOrEqual(maximum - 5 - 2);
  });
});

describe('PostgresPool.end', () => {
  it('waits until all connections are closed', async () => {
    const pool = new PostgresPool({ connectionString: database.url, application_name: 'ending', max: 8 });
    const clients = await Promise.all(Array.from({ length: 8 }, async () => await pool.connect()));
    let closed = 0;
    for (const client of clients) {
      client.on('end', () => (closed += 1));
      client.release();
    }

    await pool.end();

    expect(closed).toBe(8);
  });
});
