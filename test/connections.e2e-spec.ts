import { describe, expect, it } from '@jest/globals';
import { TransactionHost } from '@nestjs-cls/transactional';
import fs from 'node:fs';
import { join } from 'node:path';
import { PostgresPool } from '../src/database/postgres-pool.ts';
import { Ledger } from '../src/queue/ledger.ts';
import { start } from './support/app.ts';
import { Jobs } from './support/jobs.ts';
import { root } from './support/process.ts';
import { effectsTable, EffectJob, TestJobsModule } from './support/test-jobs.ts';

/** What the page says of a process that does everything: each row's connections, and their sum as it is written. */
const page = fs.readFileSync(join(root, 'docs/reference/connections.md'), 'utf8');
const rows = [...page.matchAll(/^\| (.+?) +\| \**(\d+)\** +\| \**(\d+)\** +\| \**(\d+)\** +\|$/gm)].map((cells) =>
  cells.slice(2).map(Number),
);
const sums = rows.at(-1) ?? [];
const [most = 0] = sums;

const { app, api, database } = await start({}, [TestJobsModule]);
await database.pool.query(effectsTable);
const ledger = app.get(Ledger);
const transactions = app.get<TransactionHost>(TransactionHost);
const jobs = new Jobs(database);

async function held(): Promise<number> {
  const { rows: found } = await database.pool.query<{ count: number }>(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'plinth'`,
  );
  return found[0]?.count ?? 0;
}

describe('docs/reference/connections.md', () => {
  it('adds up', () => {
    expect(rows).toHaveLength(9);
    expect(sums).toEqual(
      [0, 1, 2].map((column) => rows.slice(0, -1).reduce((sum, row) => sum + (row[column] ?? 0), 0)),
    );
    const { 1: writtenMax = '' } = /default of (\d+) connections/.exec(page) ?? [];
    expect(Math.floor((Number(writtenMax) - 3) / most)).toBe(3);
  });

  it('promises no less than a busy process holds', async () => {
    const ids = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => await ledger.enqueue(EffectJob, { key: `k${at}`, takesMs: 1500 })),
    );
    let busiest = 0;
    const crowd = Array.from({ length: 40 }, async () => {
      await transactions.withTransaction(async () => {
        busiest = Math.max(busiest, await held());
      });
    });
    await Promise.all([...crowd, api.get('/readyz')]);
    for (const id of ids) await jobs.reach(id, 'succeeded');

    // Exports and artifacts nobody asked for here. What else is open besides the pool when that is full is a matter of moments.
    expect(busiest).toBeGreaterThan(rows[0]?.[0] ?? Infinity);
    expect(busiest).toBeLessThanOrEqual(most - 5 - 2);
  });
});

describe('A pool that has ended', () => {
  it('has closed its connections, so that a server which stops reports none as cut', async () => {
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
