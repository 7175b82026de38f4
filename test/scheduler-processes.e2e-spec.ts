import { afterAll, describe, expect, it } from '@jest/globals';
import { createDatabase } from './support/database.ts';
import { scratchFolder, ServiceProcess } from './support/process.ts';
import { until } from './support/running.ts';

const timeoutMs = 180_000;
const database = await createDatabase();
const folder = scratchFolder();
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

async function allFired(): Promise<void> {
  await until('nothing is due', async () => (await counts())?.['due'] === 0, 20_000);
}

describe('Several processes on one database', () => {
  it(
    'make one job of each tick',
    async () => {
      await database.pool.query(`DELETE FROM job_schedules`);
      await Promise.all([startService(), startService()]);

      await database.pool.query(
        `INSERT INTO job_schedules (id, type, payload, cron, timezone, next_run_at)
         SELECT gen_random_uuid(), 'maintenance.reap', '{}', '0 0 1 1 *', 'UTC', date_trunc('year', now())
         FROM generate_series(1, 200)`,
      );
      await allFired();

      expect(await counts()).toEqual({ jobs: 200, schedules: 200, due: 0 });
    },
    timeoutMs,
  );

  it(
    'and none of them once more when they come back from a downtime, but one job for what they missed',
    async () => {
      for (const service of services.splice(0)) await service.stop();
      // As if the ticks had been those of a year ago, and nobody had been there since.
      await database.pool.query(`UPDATE jobs SET tick = tick - interval '1 year'`);
      await database.pool.query(
        `UPDATE job_schedules SET cron = '*/10 * * * *', next_run_at = date_trunc('year', now()) - interval '10 minutes'`,
      );

      await Promise.all([startService(), startService()]);
      await allFired();

      const { jobs, schedules } = (await counts()) as { jobs: number; schedules: number };
      expect(schedules).toBe(200);
      // A tick of a ten-minute schedule may come while this test looks.
      expect([400, 600]).toContain(jobs);
      const { rows } = await database.pool.query(
        `SELECT 1 FROM jobs WHERE created_at - tick > interval '10 minutes' AND tick > date_trunc('year', now())`,
      );
      expect(rows).toEqual([]);
    },
    timeoutMs,
  );
});
