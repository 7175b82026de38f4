import { describe, expect, it } from '@jest/globals';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../../src/platform/database/migrations/migrate.ts';
import { emptyDatabase, query } from '../../harness/database/empty-database.ts';
import { addMigrations, backfillsMigration } from '../../harness/database/migration-folder.ts';
import { root, ServiceProcess, temporaryFolder } from '../../harness/process/service-process.ts';

const rows = 20_000;
const kills = 5;
const timeoutMs = 180_000;

/** The built command, in a folder with these migrations. */
function builtCopy(): string {
  const folder = temporaryFolder();
  for (const entry of ['dist', 'package.json']) cpSync(join(root, entry), join(folder, entry), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  addMigrations(join(folder, 'prisma/migrations'), {
    ...backfillsMigration,
    '1_items/migration.sql': `CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
      INSERT INTO items (id) SELECT generate_series(1, ${rows}); ANALYZE items;`,
    '1_items/backfill.sql': '-- table: items\nUPDATE items SET n = n + 1 FROM batch WHERE items.id = batch.id;\n',
  });
  return folder;
}

function start(folder: string, url: string, ...args: string[]): ServiceProcess {
  const script = [join(folder, 'dist/cli/backfill.js'), '1_items', ...args];
  const variables = { DATABASE_URL: url, DATABASE_DIRECT_URL: url };
  return ServiceProcess.run(process.execPath, script, { folder, variables });
}

describe('npm run db:backfill', () => {
  it(
    'changes each row once although its process is killed, and two processes run it',
    async () => {
      const url = await emptyDatabase();
      const folder = builtCopy();
      await migrate({ url, folder: join(folder, 'prisma/migrations') });
      const positions: number[] = [];
      for (let n = 0; n < kills; n++) {
        const process = start(folder, url, '--rows', '50', '--pause', '20');
        await process.waitForOutput(/rows read, .* rows\/s, about \d/);
        process.signal('SIGKILL');
        expect(await process.ended).toMatchObject({ signal: 'SIGKILL' });
        const [record] = await query(url, 'SELECT rows_read::int AS read, finished_at FROM backfills');
        expect(record).toMatchObject({ finished_at: null });
        positions.push(Number(record?.['read']));
      }

      const ended = await Promise.all([1, 2].map(async () => await start(folder, url, '--pause', '0').ended));

      console.log(`killed after ${positions.join(', ')} of ${rows} rows`);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
      expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ended.map(() => ({ code: 0, stderr: '' })));
      for (const { stdout } of ended)
        expect(stdout).toMatch(/^1_items is finished: 20,000 rows read, 20,000 changed\.$/m);
      expect(await query(url, 'SELECT n, count(*)::int AS rows FROM items GROUP BY n')).toEqual([{ n: 1, rows }]);
    },
    timeoutMs,
  );
});
