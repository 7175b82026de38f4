import { describe, expect, it } from '@jest/globals';
import { TransactionHost } from '@nestjs-cls/transactional';
import fs from 'node:fs';
import { join } from 'node:path';
import { PostgresPool } from '../../../src/platform/database/postgres-pool.ts';
import type { PoolShare } from '../../../src/platform/database/shared-pool.ts';
import { SharedPool } from '../../../src/platform/database/shared-pool.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { startApp } from '../../harness/app/app.ts';
import { databaseMode } from '../../harness/database/database-mode.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { onTeardown, root } from '../../harness/process/service-process.ts';
import { effectsTable, EffectJob, TestJobsModule } from '../../harness/app/test-jobs.ts';

/** The cells of the page's tables; the last row of each is the sum. */
const page = fs.readFileSync(join(root, 'docs/reference/connections.md'), 'utf8');
const [pools = [], shares = []] = page.split('## The internal pool').map(tableIn);
const sums = pools.at(-1) ?? [];
const [maximum = 0] = sums;

// On a slow machine, 40 transactions wait longer than 3 s for the 12 connections.
const { app, api, database } = await startApp({ DATABASE_CONNECT_TIMEOUT_MS: '30000' }, [TestJobsModule]);
await database.pool.query(effectsTable);
const jobQueue = app.get(JobQueue);
const transactions = app.get<TransactionHost>(TransactionHost);
const jobs = new JobTables(database);

function tableIn(text: string): number[][] {
  const rows = text.matchAll(/^\| (.+?) +\| \**(\d+)\** +\| \**(\d+)\** +\| \**(\d+)\** +\|$/gm);
  return Array.from(rows, (cells) => cells.slice(2).map(Number));
}

function sumOf(rows: readonly number[][]): number[] {
  return [0, 1, 2].map((column) => rows.reduce((sum, row) => sum + (row[column] ?? 0), 0));
}

async function openConnections(): Promise<number> {
  const { rows: found } = await database.pool.query<{ count: number }>(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'plinth'`,
  );
  return found[0]?.count ?? 0;
}

describe('docs/reference/connections.md', () => {
  it('has sums that are correct', () => {
    expect([pools.length, shares.length]).toEqual([4, 9]);
    expect(sums).toEqual(sumOf(pools.slice(0, -1)));
    expect(shares.at(-1)).toEqual(sumOf(shares.slice(0, -1)));
    expect(pools.at(-2)).toEqual(shares.at(-1));
    const { 1: writtenMax = '' } = /default of (\d+) connections/.exec(page) ?? [];
    expect(Math.floor((Number(writtenMax) - 3) / maximum)).toBe(3);
  });

  it('documents at least as many connections as a busy process holds', async () => {
    const ids = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => await jobQueue.enqueue(EffectJob, { key: `k${at}`, takesMs: 1500 })),
    );
    let busiest = 0;
    const transactionsInParallel = Array.from({ length: 40 }, async () => {
      await transactions.withTransaction(async () => {
        busiest = Math.max(busiest, await openConnections());
      });
    });
    await Promise.all([...transactionsInParallel, api.get('/readyz')]);
    for (const id of ids) await jobs.reach(id, 'succeeded');

    // Without exports, artifacts and imports. How many internal connections are open at the same time depends on timing.
    // Behind PgBouncer, the server sees the pooler's connections in place of the main pool.
    const least = databaseMode === 'pgbouncer' ? 0 : (pools[0]?.[0] ?? Infinity);
    expect(busiest).toBeGreaterThan(least);
    expect(busiest).toBeLessThanOrEqual(maximum - 5 - 2 - 1);
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

describe('SharedPool', () => {
  function sharedPool(waitMs = 30_000): SharedPool {
    const options = { connectionString: database.url, application_name: 'shares', connectionTimeoutMillis: waitMs };
    const pool = new SharedPool(options);
    onTeardown(async () => {
      await pool.end();
    });
    return pool;
  }

  /** Holds one connection of a share until the returned function is called. */
  async function hold(share: PoolShare): Promise<() => Promise<void>> {
    const held = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    const working = share.withConnection(async () => {
      held.resolve(undefined);
      await released.promise;
    });
    await held.promise;
    return async () => {
      released.resolve(undefined);
      await working;
    };
  }

  const one = { text: 'SELECT 1' };

  it('serves a share while all connections of another are held and calls wait for them', async () => {
    const pool = sharedPool();
    const [busy, free] = [pool.share(2), pool.share(1)];
    const release = [await hold(busy), await hold(busy)];
    const order: string[] = [];
    const waiting = ['first', 'second'].map(async (name) => {
      await busy.query(one);
      order.push(name);
    });

    await free.query(one);
    expect(order).toEqual([]);
    await release[0]?.();
    await Promise.all(waiting);
    expect(order).toEqual(['first', 'second']);
    await release[1]?.();
  });

  it('rejects a call that has waited for too long, and serves the next one', async () => {
    const share = sharedPool(2000).share(1);
    await share.query(one);
    const release = await hold(share);

    await expect(share.query(one)).rejects.toThrow('timeout exceeded when trying to connect');
    await release();
    expect((await share.query(one)).rowCount).toBe(1);
  });

  it('closes a connection whose work throws, and opens another', async () => {
    const share = sharedPool().share(1);
    const pid = { text: 'SELECT pg_backend_pid() AS pid' };
    const [before] = (await share.query<{ pid: number }>(pid)).rows;

    const failure = share.withConnection(async (client) => {
      await client.query('BEGIN');
      throw new Error('the work fails');
    });

    await expect(failure).rejects.toThrow('the work fails');
    const [after] = (await share.query<{ pid: number }>(pid)).rows;
    expect(after?.pid).not.toBe(before?.pid);
  });

  it('opens no connections once it has ended unused', async () => {
    const pool = sharedPool();
    const share = pool.share(1);
    await pool.end();

    await expect(share.query(one)).rejects.toThrow('Cannot use a pool after calling end on the pool');
  });

  it('reserves no connections once it is in use', async () => {
    const pool = sharedPool();
    await pool.share(1).query(one);

    expect(() => pool.share(1)).toThrow('its size is fixed');
  });
});
