import type { TestApp } from '../harness/app/app.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';

/** What the screens of jobs, schedules and the overview show. */
export interface OperationsData {
  readonly exportId: string;
  readonly deadId: string;
  readonly scheduledId: string;
  readonly scheduleId: string;
}

/** Jobs in every final state, schedules, and a month of logins. */
export async function createOperationsData({ api, database }: TestApp, admin: FactoryUser): Promise<OperationsData> {
  const asAdmin = api.as(admin);
  await database.pool.query(
    `INSERT INTO audit_events (id, at, event, outcome, reason)
     SELECT uuid_v7(n), now() - d * interval '1 day' - n * interval '1 min',
       CASE WHEN n % 6 = 0 THEN 'authn_login_fail' ELSE 'authn_login_success' END,
       CASE WHEN n % 6 = 0 THEN 'failure' ELSE 'success' END, CASE WHEN n % 6 = 0 THEN 'wrong password' END
     FROM generate_series(0, 29) AS d, generate_series(1, 20 + (d * 7) % 25) AS n`,
  );
  const { rows: dead } = await database.pool.query<{ id: string }>(
    `WITH job AS (
       INSERT INTO jobs (id, type, queue, owner_id, payload, state, delivery, attempts, max_attempts, run_at, created_at,
         started_at, finished_at, event_seq, progress, error)
       SELECT gen_random_uuid(), type, 'heavy', owner::uuid, '{}', 'dead', 'done', 2, 2, now(), now() - ago, now() - ago,
         now() - ago, 5, '{"done": 1200, "total": 5000}', jsonb_build_object('name', 'Error', 'message', message)
       FROM (VALUES
         ('users.export', $1, interval '3 h', 'The disk of the database is full. <script>alert(1)</script>'),
         ('mail.send', NULL, interval '4 h', 'The mail server responded with 554: mailbox unavailable')
       ) AS failed (type, owner, ago, message)
       RETURNING id
     ), event AS (
       INSERT INTO job_events (job_id, seq, kind, data)
       SELECT job.id, seq, kind, data::jsonb FROM job, (VALUES
         (1, 'state', '{"state": "queued"}'),
         (2, 'state', '{"state": "running", "attempt": 1}'),
         (3, 'state', '{"state": "queued", "attempt": 1, "error": {"name": "Error", "message": "Connection reset"}}'),
         (4, 'state', '{"state": "running", "attempt": 2}'),
         (5, 'done', '{"state": "dead", "attempt": 2, "error": {"name": "Error", "message": "The disk of the database is full."}}')
       ) AS events (seq, kind, data)
     )
     SELECT id FROM job`,
    [admin.id],
  );
  const exportId = await createJob(asAdmin, { type: 'audit.export', payload: { format: 'csv', outcome: 'failure' } });
  await waitForState(asAdmin, exportId, 'succeeded');
  const runAt = new Date(Date.now() + 86_400_000).toISOString();
  const users = { type: 'users.export', payload: { format: 'csv', status: 'active' } };
  const scheduledId = await createJob(asAdmin, { ...users, runAt });
  const nightly = { ...users, cron: '30 2 * * MON-FRI', timezone: 'Europe/Berlin' };
  const { body } = await asAdmin.post('/v1/job-schedules', nightly);
  return { exportId, scheduledId, deadId: dead[0]?.id ?? '', scheduleId: (body as { id: string }).id };
}
