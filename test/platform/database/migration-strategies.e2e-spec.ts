import { describe, expect, it } from '@jest/globals';
import { expectNothingLost, lintStrategies, runStrategy, strategies } from './migration-strategies.ts';

describe('The strategies of docs/operations/migrations.md', () => {
  it('are three, and pass npm run check:migrations', () => {
    expect(strategies).toHaveLength(3);
    expect(lintStrategies()).toMatch(/^\nFound 0 issues in \d+ files/);
  });

  it.each(strategies)('$title: no write fails or is lost', async (strategy) => {
    await expectNothingLost(strategy, await runStrategy(strategy, { writers: 2, pauseMs: 5, rows: 500 }));
  });

  it('are needed: a renamed column makes writes fail', async () => {
    const sql = 'ALTER TABLE orders RENAME COLUMN customer_name TO recipient;';
    const rename = {
      title: 'rename',
      steps: [{ name: '20270110_rename', files: { '20270110_rename/migration.sql': sql } }],
    };

    const { load } = await runStrategy(rename, { writers: 2, pauseMs: 2, rows: 10 });

    expect(load.errors).toContainEqual(expect.stringMatching(/column "customer_name" .*does not exist/));
  });
});
