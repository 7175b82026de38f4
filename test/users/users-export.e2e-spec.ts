import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { OpenArtifact } from '../../src/features/jobs/artifacts/artifacts.service.ts';
import { ArtifactsService } from '../../src/features/jobs/artifacts/artifacts.service.ts';
import { UsersExportJob } from '../../src/features/users/users-export.job.ts';
import { JobsRepository } from '../../src/platform/queue/jobs.repository.ts';
import { JobQueue } from '../../src/platform/queue/job-queue.ts';
import { startApp } from '../harness/app/app.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { JobTables } from '../harness/database/job-tables.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const { app, database, factory } = await startApp({}, [shortQueueTimings()]);
const queue = app.get(JobQueue);
const jobs = app.get(JobsRepository);
const tables = new JobTables(database);
const artifacts = app.get(ArtifactsService, { strict: false });

type Payload = Parameters<UsersExportJob['prepare']>[0];

/** Runs an export and returns its file with the result of the job. */
async function runExport(payload: Payload): Promise<{ id: string; file: OpenArtifact; text: string; result: unknown }> {
  const id = await queue.enqueue(UsersExportJob, payload);
  await tables.reach(id, 'succeeded');
  const file = await artifacts.open(id);
  if (file === undefined) throw new Error('The job created no file');
  return { id, file, text: await textOf(file), result: (await jobs.findById(id))?.result };
}

async function textOf(file: OpenArtifact): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function updatedAt(id: string): Promise<string> {
  const { rows } = await database.pool.query<{ at: Date }>('SELECT updated_at AS at FROM users WHERE id = $1', [id]);
  return rows[0]?.at.toISOString() ?? '';
}

/** Inserts many users whose email addresses start with the prefix. */
async function insertUsers(prefix: string, count: number): Promise<void> {
  await database.pool.query(
    `INSERT INTO users (id, email, email_normalized, display_name)
     SELECT gen_random_uuid(), $1 || n || '@example.com', $1 || n || '@example.com', 'Reader ' || n
     FROM generate_series(1, $2::int) AS n`,
    [prefix, count],
  );
}

/** Returns the expiry of the lease of a job, which each heartbeat changes; null when its attempt has ended. */
async function leaseOf(jobId: string): Promise<string | null> {
  const { rows } = await database.pool.query<{ expiry: string | null }>(
    'SELECT lease_expires_at::text AS expiry FROM jobs WHERE id = $1',
    [jobId],
  );
  return rows[0]?.expiry ?? null;
}

/** Returns the number of artifacts of a job that were not discarded. */
async function artifactRows(jobId: string): Promise<number> {
  return (await database.pool.query('SELECT 1 FROM artifacts WHERE job_id = $1 AND discarded_at IS NULL', [jobId])).rows
    .length;
}

const header = 'id,email,emailVerified,displayName,locale,timezone,roles,status,createdAt,updatedAt\r\n';

describe('users.export', () => {
  it('writes CSV with escaped formulas', async () => {
    const names = ['Zoë "Zed" 🎉', 'two\nlines, and a comma', '=HYPERLINK("http://x.example")', null];
    const users = [];
    for (const [n, displayName] of names.entries()) {
      const createdAt = `2026-03-0${n + 1}T10:00:00.123456Z`;
      users.push(
        await factory.user({ email: `csv${n}@example.com`, displayName, createdAt, roles: ['user', 'admin'] }),
      );
    }

    const { file, text, result } = await runExport({ format: 'csv', email: 'CSV' });

    const cells = ['"Zoë ""Zed"" 🎉"', '"two\nlines, and a comma"', `"'=HYPERLINK(""http://x.example"")"`, ''];
    const lines = users.map(async ({ id, email }, n) => {
      const at = `2026-03-0${n + 1}T10:00:00.123Z,${await updatedAt(id)}`;
      return `${id},${email},true,${cells[n] ?? ''},en,UTC,user admin,active,${at}\r\n`;
    });
    expect(text).toBe(header + (await Promise.all(lines)).join(''));
    expect(result).toEqual({ rows: 4, bytes: Buffer.byteLength(text), format: 'csv' });
    expect(file.filename).toMatch(/^users-\d{4}-\d\d-\d\d\.csv$/);
    expect(file.mediaType).toBe('text/csv; charset=utf-8; header=present');
    expect(file.size).toBe(Buffer.byteLength(text));
    expect(Math.round((file.expiresAt.getTime() - Date.now()) / 3_600_000)).toBe(7 * 24);
  });

  it('writes NDJSON with the fields of the API', async () => {
    const { id } = await factory.user({ email: 'nd@example.com', displayName: '=1+1 "Ünï"\n', verified: false });

    const { file, text } = await runExport({ format: 'ndjson', email: 'nd@' });

    expect(file).toMatchObject({ mediaType: 'application/x-ndjson', filename: expect.stringMatching(/\.ndjson$/) });
    expect(text.endsWith('}\n')).toBe(true);
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      {
        id,
        email: 'nd@example.com',
        emailVerified: false,
        displayName: '=1+1 "Ünï"\n',
        locale: 'en',
        timezone: 'UTC',
        roles: ['user'],
        status: 'unverified',
        createdAt: expect.any(String),
        updatedAt: await updatedAt(id),
      },
    ]);
  });

  it.each([
    [{ role: 'admin' }, ['f1']],
    [{ status: 'disabled' }, ['f2']],
    [{ status: 'active' }, ['f0', 'f1']],
    [{ createdAfter: '2026-02-01T00:00:00Z' }, ['f1', 'f2']],
    [{ createdBefore: '2026-02-01T00:00:00Z' }, ['f0']],
    [{ createdAfter: '2026-02-01T00:00:00Z', status: 'active' }, ['f1']],
  ] as const)('applies the filter %j and omits deleted users', async (filter, expected) => {
    const { rowCount } = await database.pool.query(`SELECT 1 FROM users WHERE email LIKE 'f_@%'`);
    if (rowCount === 0) {
      await factory.user({ email: 'f0@filter.example', createdAt: '2026-01-15T00:00:00Z' });
      await factory.user({ email: 'f1@filter.example', createdAt: '2026-02-15T00:00:00Z', roles: ['user', 'admin'] });
      await factory.user({ email: 'f2@filter.example', createdAt: '2026-03-15T00:00:00Z', disabled: true });
      await factory.user({ email: 'f3@filter.example', createdAt: '2026-02-16T00:00:00Z', deleted: true });
    }

    const { text } = await runExport({ format: 'csv', email: 'f', ...filter });

    const found = text.split('\r\n').map((line) => line.split(',')[1]);
    expect(found.filter((email) => email?.endsWith('@filter.example'))).toEqual(
      expected.map((name) => `${name}@filter.example`),
    );
  });

  it('writes only the header for no users, and an empty NDJSON file', async () => {
    const csv = await runExport({ format: 'csv', email: 'no.match' });
    const ndjson = await runExport({ format: 'ndjson', email: 'no.match' });

    expect(csv.text).toBe(header);
    expect(csv.result).toEqual({ rows: 0, bytes: header.length, format: 'csv' });
    expect(ndjson.text).toBe('');
    expect(ndjson.result).toEqual({ rows: 0, bytes: 0, format: 'ndjson' });
  });

  it('reports its progress and joins the file from many chunks', async () => {
    await insertUsers('many', 60_000);

    const { id, text, result } = await runExport({ format: 'ndjson', email: 'many' });

    expect(result).toMatchObject({ rows: 60_000 });
    const emails = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { email: string }).email);
    expect(new Set(emails).size).toBe(60_000);
    const { rows: sizes } = await database.pool.query<{ size: number }>(
      `SELECT length(data) AS size FROM artifact_chunks c JOIN artifacts a ON a.id = c.artifact_id WHERE a.job_id = $1
       ORDER BY seq`,
      [id],
    );
    expect(sizes.length).toBeGreaterThan(10);
    // Characters are not split, so a few bytes may stay unused.
    const full = sizes.slice(0, -1).every(({ size }) => size > 256 * 1024 - 4 && size <= 256 * 1024);
    expect(full).toBe(true);
    const events = (await jobs.findEvents(id, 0)).filter(({ kind }) => kind === 'progress');
    const reports = events.map(({ data }) => data as { done: number; total: number });
    expect(reports.length).toBeGreaterThan(2);
    expect(reports.every(({ total }) => total === 60_000)).toBe(true);
    expect(reports.map(({ done }) => done)).toEqual(reports.map(({ done }) => done).sort((a, b) => a - b));
    expect(reports.at(-1)?.done).toBe(60_000);
  });

  it('stops when cancelled, and leaves no file', async () => {
    await insertUsers('stop', 5000);
    const blocker = await database.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE artifact_chunks IN ACCESS EXCLUSIVE MODE');
    const id = await queue.enqueue(UsersExportJob, { format: 'csv', email: 'stop' });
    await waitUntil('the artifact is begun', async () => (await artifactRows(id)) === 1);
    expect(await artifacts.open(id)).toBeUndefined();

    await jobs.cancel(id);
    // The worker sends the second heartbeat when it has the response to the first, which reports the cancellation.
    const leases = new Set<string | null>();
    await waitUntil('the lease is extended twice', async () => leases.add(await leaseOf(id)).size > 2);
    await blocker.query('ROLLBACK');
    blocker.release();

    await tables.reach(id, 'cancelled');
    expect(await artifacts.open(id)).toBeUndefined();
    await waitUntil('the artifact is discarded', async () => (await artifactRows(id)) === 0);
  });

  it('replaces the artifact of an interrupted attempt', async () => {
    const { email } = await factory.user({ email: 'again@example.com' });
    const id = await queue.enqueue(
      UsersExportJob,
      { format: 'csv', email: 'again@' },
      { runAt: new Date(Date.now() + 3_600_000) },
    );
    await database.pool.query(
      `WITH artifact AS (
         INSERT INTO artifacts (id, job_id, filename, media_type, size, expires_at)
         VALUES (gen_random_uuid(), $1, 'half.csv', 'text/csv', 4, now() + interval '1 day') RETURNING id
       ) INSERT INTO artifact_chunks SELECT id, 0, 'half' FROM artifact`,
      [id],
    );
    expect(await artifacts.open(id)).toBeUndefined();

    await database.pool.query('UPDATE jobs SET next_delivery_at = now() WHERE id = $1', [id]);
    await tables.reach(id, 'succeeded');

    const file = await artifacts.open(id);
    expect(file?.filename).toMatch(/^users-/);
    expect(file && (await textOf(file))).toContain(email);
    expect(await artifactRows(id)).toBe(1);
  });

  it('creates one file from two attempts', async () => {
    await insertUsers('twice', 3000);
    // A rollback does not reset a sequence, so only the first attempt fails.
    await database.pool.query(`
      CREATE SEQUENCE finishes;
      CREATE FUNCTION fail_first() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF nextval('finishes') = 1 THEN RAISE 'the disk is full'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER fail_first BEFORE UPDATE ON artifacts FOR EACH ROW EXECUTE FUNCTION fail_first()`);

    const { id, text, result } = await runExport({ format: 'csv', email: 'twice' });

    await database.pool.query('DROP TRIGGER fail_first ON artifacts');
    expect((await jobs.findById(id))?.attempts).toBe(2);
    expect(result).toMatchObject({ rows: 3000 });
    expect(text.split('\r\n')).toHaveLength(3002);
    expect(await artifactRows(id)).toBe(1);
  });
});

describe('An artifact', () => {
  it('is begun only by the running attempt', async () => {
    const { id } = await runExport({ format: 'csv', email: 'no.match' });

    await expect(
      artifacts.begin({ jobId: id, lease: randomUUID() }, { filename: 'late.csv', mediaType: 'text/csv' }),
    ).rejects.toThrow('The attempt has lost its lease');

    expect((await artifacts.open(id))?.filename).toMatch(/^users-/);
  });

  it('is not begun by a released attempt whose successor has the same number', async () => {
    const { id } = await runExport({ format: 'csv', email: 'no.match' });
    const [before, now] = [randomUUID(), randomUUID()];
    const file = { filename: 'again.csv', mediaType: 'text/csv' };
    await database.pool.query(`UPDATE jobs SET state = 'running', attempts = 1, lease = $2 WHERE id = $1`, [id, now]);

    await expect(artifacts.begin({ jobId: id, lease: before }, file)).rejects.toThrow('The attempt has lost its lease');
    await (await artifacts.begin({ jobId: id, lease: now }, file)).finish();
  });

  it('is unavailable after its expiry', async () => {
    const { id } = await runExport({ format: 'csv', email: 'no.match' });

    await database.pool.query(`UPDATE artifacts SET expires_at = now() WHERE job_id = $1`, [id]);

    expect(await artifacts.open(id)).toBeUndefined();
  });

  it('fails instead of ending early when it is removed while it is read', async () => {
    const { id } = await runExport({ format: 'csv', email: 'no.match' });
    const file = await artifacts.open(id);

    await database.pool.query(`DELETE FROM artifacts WHERE job_id = $1`, [id]);

    await expect(file && textOf(file)).rejects.toThrow('The artifact was deleted while it was read');
  });
});
