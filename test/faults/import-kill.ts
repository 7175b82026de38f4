import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import { bearer } from './auth/users.ts';
import { accessToken } from './caller.ts';
import { formatDuration } from './jobs.ts';
import type { ScenarioOptions, ScenarioResult, Scenario } from './scenario.ts';
import { PeakMemory } from '../harness/process/peak-memory.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

export const importKill: Scenario = {
  description: 'the worker gets SIGKILL while it imports users; --jobs is the number of rows, --rounds of kills',
  promise: 'An import continues after a crash: each row creates one user.',
  defaults: { jobs: 100_000, rounds: 2 },
  short: { jobs: 12_000 },
  run,
};

/** Of each thousand rows one is invalid, and one has the email address of the row before. */
const [invalidAt, takenAt] = [500, 900];
const finishWithinMs = 15 * 60_000;

async function run(cluster: TestCluster, { jobs: rows, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const api = cluster.api();
  const url = await api.ready();
  const token = await accessToken(url, cluster.pool, { role: 'admin' });
  const peaks = { api: new PeakMemory(), worker: new PeakMemory() };
  peaks.api.watch(api);
  const startedAt = performance.now();
  const id = await upload(url, token, fileOf(rows));
  const uploadMs = performance.now() - startedAt;
  for (let kill = 1; kill <= rounds; kill += 1) {
    const worker = cluster.worker();
    await worker.ready();
    peaks.worker.watch(worker);
    await processed(cluster.pool, id, Math.floor((rows * (kill - 0.5 + random.between(0, 400) / 1000)) / (rounds + 1)));
    await delay(random.between(0, 50));
    await worker.kill();
  }
  const last = cluster.worker();
  await last.ready();
  peaks.worker.watch(last);
  const job = await finished(cluster.pool, id);
  const tookMs = performance.now() - startedAt;
  const report = await (await fetch(`${url}/v1/jobs/${id}/artifact`, { headers: bearer(token) })).text();
  const found = await imported(cluster.pool);
  const expected = expectedOf(rows);
  return {
    figures: {
      kills: rounds,
      attempts: job.attempts,
      rows,
      created: job.result?.created ?? 0,
      lost: expected.created - found.users,
      doubled: found.users - found.addresses,
      'audit events': found.events,
      'lines of the report': linesOf(report).length,
      upload: formatDuration(uploadMs),
      'upload and import': formatDuration(tookMs),
      'peak memory of the API': peaks.api.text,
      'peak memory of a worker': peaks.worker.text,
    },
    failures: [
      ...(job.state === 'succeeded' ? [] : [`the job is ${job.state}`]),
      ...(isDeepStrictEqual(job.result, { ...expected, bytes: Buffer.byteLength(report) })
        ? []
        : [`the result is ${JSON.stringify(job.result)}`]),
      ...(found.users === expected.created ? [] : [`${found.users} users instead of ${expected.created}`]),
      ...(found.addresses === found.users ? [] : ['an email address has several users']),
      ...(found.events === expected.created ? [] : [`${found.events} audit events of ${expected.created} users`]),
      ...(linesOf(report).join('\n') === expectedReport(rows).join('\n') ? [] : ['the report is not complete']),
      ...(found.files === 0 ? [] : ['the file is still stored']),
    ],
  };
}

function email(row: number): string {
  const of = row % 1000 === takenAt ? row - 1 : row;
  return row % 1000 === invalidAt ? `row ${row}` : `import.${of}@example.com`;
}

function fileOf(rows: number): Buffer {
  const lines = Array.from({ length: rows }, (_, row) => `${email(row)},"Row, ""${row}""",en,Europe/Berlin,user\r\n`);
  return Buffer.from(`email,displayName,locale,timezone,roles\r\n${lines.join('')}`);
}

/** The rows with this remainder of a thousand. */
function rowsAt(remainder: number, rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => row).filter((row) => row % 1000 === remainder);
}

interface ImportResult {
  readonly failed: number;
  readonly created: number;
  readonly skipped: number;
}

function expectedOf(rows: number): ImportResult {
  const [failed, skipped] = [rowsAt(invalidAt, rows).length, rowsAt(takenAt, rows).length];
  return { failed, created: rows - failed - skipped, skipped };
}

/** The header is line 1. */
function expectedReport(rows: number): string[] {
  return [...rowsAt(invalidAt, rows), ...rowsAt(takenAt, rows)]
    .sort((a, b) => a - b)
    .map((row) => `${row + 2},${email(row)},${row % 1000 === takenAt ? 'is_unique' : 'is_email'}`);
}

/** The lines of a report, without header and detail. */
function linesOf(report: string): string[] {
  const lines = report.trimEnd().split('\r\n').slice(1);
  return lines.map((line) => line.split(',').slice(0, 3).join(','));
}

/** Uploads a file and returns the id of its job. */
async function upload(url: string, token: string, file: Buffer): Promise<string> {
  const response = await fetch(`${url}/v1/users/import`, {
    method: 'POST',
    headers: {
      ...bearer(token),
      'Content-Type': 'text/csv',
      'Idempotency-Key': randomUUID(),
      'Content-Digest': `sha-256=:${createHash('sha256').update(file).digest('base64')}:`,
    },
    body: new Uint8Array(file),
  });
  if (response.status !== 202) throw new Error(`The file was rejected: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { id: string }).id;
}

/** Waits until this many rows are processed. */
async function processed(pool: Pool, jobId: string, rows: number): Promise<void> {
  await waitUntil(
    `${rows} rows are processed`,
    async () => {
      const { rows: counted } = await pool.query<{ done: number }>(
        `SELECT coalesce(sum(rows), 0)::int AS done FROM user_imports JOIN user_import_chunks ON import_id = id
         WHERE job_id = $1 AND data IS NULL`,
        [jobId],
      );
      return (counted[0]?.done ?? 0) >= rows;
    },
    finishWithinMs,
  );
}

interface FinishedJob {
  readonly state: string;
  readonly attempts: number;
  readonly result: ImportResult | null;
}

async function finished(pool: Pool, jobId: string): Promise<FinishedJob> {
  return await waitUntil(
    'the import is finished',
    async () => {
      const { rows } = await pool.query<FinishedJob>(
        'SELECT state, attempts, result FROM jobs WHERE id = $1 AND finished_at IS NOT NULL',
        [jobId],
      );
      return rows[0];
    },
    finishWithinMs,
  );
}

interface Imported {
  readonly users: number;
  readonly addresses: number;
  readonly events: number;
  readonly files: number;
}

async function imported(pool: Pool): Promise<Imported> {
  const { rows } = await pool.query<Imported>(`
    SELECT count(*)::int AS users, count(DISTINCT email_normalized)::int AS addresses,
      (SELECT count(*)::int FROM audit_events WHERE event = 'user_created' AND reason LIKE 'imported%') AS events,
      (SELECT count(*)::int FROM user_imports) AS files
    FROM users WHERE email LIKE 'import.%'`);
  const [counts] = rows;
  if (counts === undefined) throw new Error('There are no counts');
  return counts;
}
