import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { migrate } from '../../../src/platform/database/migrations/migrate.ts';
import { newClient } from '../../harness/database/database.ts';
import { emptyDatabase } from '../../harness/database/empty-database.ts';
import { addMigrations, migrationFolder } from '../../harness/database/migration-folder.ts';
import { WriteLoad } from '../../harness/database/write-load.ts';

const lockTimeoutMs = 500;
const heldMs = 4000;

describe('migrate', () => {
  it('blocks no write for longer than its lock_timeout while a transaction holds the table for 4 s', async () => {
    const url = await emptyDatabase();
    const folder = migrationFolder({ '1_a/migration.sql': 'CREATE TABLE a (id int);' });
    await migrate({ url, folder });
    addMigrations(folder, {
      '2_b/migration.sql': `SET lock_timeout = ${lockTimeoutMs};\nALTER TABLE a ADD COLUMN b int;`,
    });
    const reader = newClient(url);
    await reader.connect();
    await reader.query('BEGIN; LOCK TABLE a IN ACCESS SHARE MODE');
    const load = await WriteLoad.start(url, ['INSERT INTO a (id) VALUES ($1)'], { writers: 4, pauseMs: 5, rows: 100 });
    let retries = 0;
    const begun = performance.now();

    const migrated = migrate({ url, folder, onRetry: () => (retries += 1) });
    await delay(heldMs);
    await reader.end();

    expect(await migrated).toEqual(['2_b']);
    const ended = performance.now();
    await load.stop();
    const [p50 = 0, longest = 0] = [50, 100].map((percent) =>
      load.percentile(percent, (at) => at >= begun && at < ended),
    );
    console.log(
      `migrated after ${retries} retries and ${Math.round(ended - begun)} ms; ${load.committed} transactions, ` +
        `median ${p50.toFixed(1)} ms, longest ${longest.toFixed(0)} ms, lock_timeout ${lockTimeoutMs} ms`,
    );
    expect(load.errors).toEqual([]);
    expect(retries).toBeGreaterThanOrEqual(1);
    expect(longest).toBeLessThan(lockTimeoutMs * 1.5);
  });
});
