import { describe, expect, it } from '@jest/globals';
import { createDatabase } from './support/database.ts';
import { Jobs } from './support/jobs.ts';
import { atTheEnd, scratchFolder, ServiceProcess } from './support/process.ts';
import { until } from './support/running.ts';

const database = await createDatabase();
atTheEnd(database.drop);
const jobs = new Jobs(database);
const service = ServiceProcess.start(scratchFolder(), { DATABASE_URL: database.url });
await service.url();

/** A job that some process has run for the given time, and has not been heard of since. */
async function abandoned(attempts: number, more = ''): Promise<string> {
  await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
  const id = await jobs.insertUnnoticed('maintenance.reap', {});
  await database.pool.query(
    `UPDATE jobs SET state = 'running', dispatch = 'sent', dispatch_no = 1, attempts = $2, lease = gen_random_uuid(),
       lease_until = now() - interval '1 s', request_id = 'the-request-of-old' ${more} WHERE id = $1`,
    [id, attempts],
  );
  await database.pool.query('DELETE FROM paused_queues');
  return id;
}

/** Attempt and outcome of each line about the job. */
async function linesOf(id: string, count: number): Promise<unknown[]> {
  const lines = (): unknown[] =>
    service.output
      .split('\n')
      .filter((line) => line.includes(`"jobId":"${id}"`))
      .map((line) => {
        const { requestId, type, attempt, outcome } = JSON.parse(line) as Record<string, unknown>;
        expect({ requestId, type }).toEqual({ requestId: 'the-request-of-old', type: 'maintenance.reap' });
        return `${String(attempt)} ${String(outcome)}`;
      });
  await until('every attempt has its line', () => lines().length >= count);
  return lines();
}

describe('An attempt whose process has died', () => {
  it('has its line all the same, and the next one its own', async () => {
    const id = await abandoned(1);
    await jobs.reach(id, 'succeeded');

    expect(await linesOf(id, 2)).toEqual(['1 abandoned', '2 succeeded']);
  });

  it('has one line when it was the last, and the job says what is known', async () => {
    const id = await abandoned(5);
    await jobs.reach(id, 'dead');

    expect(await linesOf(id, 1)).toEqual(['5 dead']);
    expect(await jobs.find(id)).toMatchObject({
      error: { name: 'AttemptLost', message: expect.stringMatching(/^The last attempt did not tell how it ended/) },
    });
  });

  it('has its line when the job was to stop', async () => {
    const id = await abandoned(2, ', cancel_asked_at = now()');
    await jobs.reach(id, 'cancelled');

    expect(await linesOf(id, 1)).toEqual(['2 cancelled']);
  });
});
