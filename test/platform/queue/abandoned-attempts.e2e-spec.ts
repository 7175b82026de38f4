import { describe, expect, it } from '@jest/globals';
import { createDatabase } from '../../harness/database/database.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { onTeardown, temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const database = await createDatabase();
onTeardown(database.drop);
const jobs = new JobTables(database);
const service = ServiceProcess.start(temporaryFolder(), { DATABASE_URL: database.url });
await service.url();

/** Stores a running job with this many attempts whose lease has expired. */
async function storeAbandoned(attempts: number, moreColumns = ''): Promise<string> {
  await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
  const id = await jobs.insertWithoutNotification('retention.cleanup', {});
  await database.pool.query(
    `UPDATE jobs SET state = 'running', delivery = 'published', delivery_no = 1, attempts = $2, lease = gen_random_uuid(),
       lease_expires_at = now() - interval '1 s', request_id = 'the-original-request' ${moreColumns} WHERE id = $1`,
    [id, attempts],
  );
  await database.pool.query('DELETE FROM paused_queues');
  return id;
}

/** Attempt and outcome of each log line of the job. */
async function linesOf(id: string, count: number): Promise<unknown[]> {
  const lines = (): unknown[] =>
    service.output
      .split('\n')
      .filter((line) => line.includes(`"jobId":"${id}"`))
      .map((line) => {
        const { requestId, type, attempt, outcome } = JSON.parse(line) as Record<string, unknown>;
        expect({ requestId, type }).toEqual({ requestId: 'the-original-request', type: 'retention.cleanup' });
        return `${String(attempt)} ${String(outcome)}`;
      });
  await waitUntil('every attempt has a log line', () => lines().length >= count);
  return lines();
}

describe('An attempt whose process has died', () => {
  it('has a log line, and so has the next one', async () => {
    const id = await storeAbandoned(1);
    await jobs.reach(id, 'succeeded');

    expect(await linesOf(id, 2)).toEqual(['1 abandoned', '2 succeeded']);
  });

  it('has one log line when it was the last, and the job states the reason', async () => {
    const id = await storeAbandoned(5);
    await jobs.reach(id, 'dead');

    expect(await linesOf(id, 1)).toEqual(['5 dead']);
    expect(await jobs.find(id)).toMatchObject({
      error: {
        name: 'AttemptAbandoned',
        message: expect.stringMatching(/^The last attempt did not report its outcome/),
      },
    });
  });

  it('has a log line when the cancellation of the job was requested', async () => {
    const id = await storeAbandoned(2, ', cancel_requested_at = now()');
    await jobs.reach(id, 'cancelled');

    expect(await linesOf(id, 1)).toEqual(['2 cancelled']);
  });
});
