import { beforeAll, describe, expect, it } from '@jest/globals';
import { sharedApp } from '../harness/app/app.ts';
import type { JobView } from '../harness/http/job-calls.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { bearerOf } from '../harness/http/mfa-flows.ts';

const { api, factory, database } = await sharedApp();
const admin = await factory.admin();
const asAdmin = api.as(admin);
const subject = await factory.user();
const type = 'audit.export';

interface Exported {
  readonly job: JobView;
  readonly text: string;
  readonly headers: Headers;
}

/** Exports events as an administrator, and downloads the file. */
async function exportOf(payload: object): Promise<Exported> {
  const job = await waitForState(asAdmin, await createJob(asAdmin, { type, payload }), 'succeeded');
  const { accessToken } = await api.tokensOf(admin);
  const response = await fetch(`${api.baseUrl}/v1/jobs/${job.id}/artifact`, { headers: bearerOf({ accessToken }) });
  expect(response.status).toBe(200);
  return { job, text: await response.text(), headers: response.headers };
}

const rowsOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

describe('audit.export', () => {
  beforeAll(async () => {
    await database.pool.query(
      `INSERT INTO audit_events (id, at, event, outcome, actor_id, subject_id, reason, ip, user_agent)
       SELECT uuid_v7(n), '2026-02-01T10:00:00.123Z'::timestamptz + n * interval '1 min',
         CASE WHEN n % 2 = 0 THEN 'user_updated' ELSE 'authz_fail' END, CASE WHEN n % 2 = 0 THEN 'success' ELSE 'failure' END,
         CASE WHEN n % 3 = 0 THEN $2::uuid END, $1, 'change ' || n, '192.0.2.7', '=HYPERLINK("http://x.example","' || n || '")'
       FROM generate_series(0, 11) AS n`,
      [subject.id, admin.id],
    );
  });

  it.each([
    {},
    { event: 'authz_fail' },
    { outcome: 'success' },
    { outcome: 'failure', event: 'user_updated' },
    { actorId: admin.id },
    { actorId: admin.id, outcome: 'success' },
    { since: '2026-02-01T10:03:00.123Z', until: '2026-02-01T10:08:00.123Z' },
  ])('writes the same events as the list with the filter %j, the oldest first', async (filter) => {
    const query = new URLSearchParams({ subjectId: subject.id, sort: 'at', limit: '100', ...filter });
    const { data } = (await asAdmin.get(`/v1/audit-events?${query.toString()}`)).body as { data: unknown[] };

    const { job, text, headers } = await exportOf({ format: 'ndjson', subjectId: subject.id, ...filter });

    expect(rowsOf(text)).toEqual(data);
    expect(job['result']).toEqual({ rows: data.length, bytes: Buffer.byteLength(text), format: 'ndjson' });
    expect(job['progress']).toEqual({ done: data.length, total: data.length });
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(headers.get('content-disposition')).toMatch(/audit-events-\d{4}-\d\d-\d\d\.ndjson/);
  });

  it('writes CSV with escaped formulas', async () => {
    const { text } = await exportOf({ format: 'csv', subjectId: subject.id, until: '2026-02-01T10:01:00Z' });

    const [header, row = '', ...rest] = text.split('\r\n');
    expect(header).toBe('id,at,event,outcome,actorId,subjectId,sessionId,reason,ip,userAgent,requestId,traceId');
    expect(row.slice(37)).toBe(
      `2026-02-01T10:00:00.123Z,user_updated,success,${admin.id},${subject.id},,change 0,192.0.2.7,` +
        `"'=HYPERLINK(""http://x.example"",""0"")",,`,
    );
    expect(rest).toEqual(['']);
  });

  it('writes more events than one batch', async () => {
    const many = await factory.user();
    await database.pool.query(
      `INSERT INTO audit_events (id, at, event, outcome, subject_id)
       SELECT uuid_v7(n), now() - n * interval '1 s', 'user_updated', 'success', $1 FROM generate_series(1, 5000) AS n`,
      [many.id],
    );

    const { job, text } = await exportOf({ format: 'ndjson', subjectId: many.id });

    const times = rowsOf(text).map((row) => (row as { at: string }).at);
    expect(times).toHaveLength(5000);
    expect(times).toEqual([...times].sort());
    expect(job['progress']).toEqual({ done: 5000, total: 5000 });
  });

  it('requires audit:read when it is created', async () => {
    const user = await factory.user();

    expect(await api.as(user).post('/v1/jobs', { type, payload: { format: 'csv' } })).toBeProblem('forbidden', 403);
  });

  it.each([
    ['lost the permission', `UPDATE users SET roles = '{user}' WHERE id = $1`],
    ['was disabled', 'UPDATE users SET disabled_at = now() WHERE id = $1'],
    ['was deleted', 'UPDATE users SET deleted_at = now() WHERE id = $1'],
  ])('fails without a retry when its owner %s before it runs', async (_, change) => {
    const owner = await factory.admin();
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const id = await createJob(api.as(owner), { type, payload: { format: 'csv' }, runAt });
    await database.pool.query(change, [owner.id]);
    await database.pool.query('UPDATE jobs SET next_delivery_at = now() WHERE id = $1', [id]);

    const job = await waitForState(asAdmin, id, 'dead');

    expect(job).toMatchObject({ attempts: 1, error: { message: 'The owner of the job does not hold audit:read' } });
    const { rows } = await database.pool.query('SELECT 1 FROM artifacts WHERE job_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  it.each([
    [{}, '#/payload/format'],
    [{ format: 'xlsx' }, '#/payload/format'],
    [{ format: 'csv', subjectId: 'x' }, '#/payload/subjectId'],
    [{ format: 'csv', sort: 'at' }, '#/payload/sort'],
  ])('rejects the payload %j', async (payload, pointer) => {
    const response = await asAdmin.post('/v1/jobs', { type, payload });

    expect(response).toBeProblem('validation-failed', 422);
    expect(response.body).toMatchObject({ errors: [{ pointer }] });
  });
});
