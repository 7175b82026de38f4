import { describe, expect, it } from '@jest/globals';
import { Ledger } from '../src/queue/ledger.ts';
import { start } from './support/app.ts';
import { until } from './support/running.ts';
import { effectsTable, EffectJob, TestJobsModule } from './support/test-jobs.ts';

const { app, database } = await start({}, [TestJobsModule]);
await database.pool.query(effectsTable);
const ledger = app.get(Ledger);

async function stateOf(id: string): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>('SELECT * FROM jobs WHERE id = $1', [id]);
  return rows[0] ?? {};
}

describe('a job', () => {
  it('runs once', async () => {
    const begin = performance.now();
    const id = await ledger.enqueue(EffectJob, { key: 'a' });
    await until('succeeded', async () => (await stateOf(id))['state'] === 'succeeded');
    const events = await database.pool.query('SELECT * FROM job_events WHERE job_id = $1', [id]);
    expect((await database.pool.query('SELECT * FROM test_effects')).rows).toHaveLength(1);
  });
});
