import { afterAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from '../harness/database/database.ts';
import { temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const timeoutMs = 180_000;
const database = await createDatabase();
const folder = temporaryFolder();
const services: ServiceProcess[] = [];

afterAll(async () => {
  for (const service of services) await service.stop('SIGKILL');
  await database.drop();
});

async function startService(): Promise<ServiceProcess> {
  const service = ServiceProcess.start(folder, { DATABASE_URL: database.url });
  services.push(service);
  await service.url();
  return service;
}

async function counts(): Promise<Record<string, unknown> | undefined> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    `SELECT count(*)::int AS jobs, count(DISTINCT schedule_id)::int AS schedules,
       (SELECT count(*)::int FROM job_schedules WHERE next_run_at <= now()) AS due
     FROM jobs WHERE schedule_id IS NOT NULL`,
  );
  return rows[0];
}

async function waitUntilNoneIsDue(): Promise<void> {
  await waitUntil('no schedule is due', async () => (await counts())?.['due'] === 0, 120_000);
}

describe('Several processes on one database', () => {
  it(
    'create one job for each occurrence',
    async () => {
      await database.pool.query(`DELETE FROM job_schedules`);
      await Promise.all([startService(), startService()]);

      await database.pool.query(
        `INSERT INTO job_schedules (id, type, payload, cron, timezone, next_run_at)
         SELECT gen_random_uuid(), 'retention.cleanup', '{}', '0 0 1 1 *', 'UTC', date_trunc('year', now())
         FROM generate_series(1, 200)`,
      );
      await waitUntilNoneIsDue();

      expect(await counts()).toEqual({ jobs: 200, schedules: 200, due: 0 });
    },
    timeoutMs,
  );

  it(
    'create one job for all missed occurrences after a downtime, and none for earlier ones',
    async () => {
      for (const service of services.splice(0)) await service.stop();
      // As if the occurrences had been a year ago, followed by a downtime.
      await database.pool.query(`UPDATE jobs SET scheduled_for = scheduled_for - interval '1 year'`);
      await database.pool.query(
        `UPDATE job_schedules SET cron = '*/10 * * * *', next_run_at = date_trunc('year', now()) - interval '10 minutes'`,
      );

      await Promise.all([startService(), startService()]);
      await waitUntilNoneIsDue();

      const { jobs, schedules } = (await counts()) as { jobs: number; schedules: number };
      expect(schedules).toBe(200);
      // The next occurrence of the ten-minute schedules may be during this test.
      expect([400, 600]).toContain(jobs);
      const { rows } = await database.pool.query(
        `SELECT 1 FROM jobs WHERE created_at - scheduled_for > interval '10 minutes' AND scheduled_for > date_trunc('year', now())`,
      );
      expect(rows).toEqual([]);
    },
    timeoutMs,
  );
});
