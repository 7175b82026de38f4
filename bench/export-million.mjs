// Exports 1,000,000 users in a real service on a temporary database and measures the memory of the process.
// Run by `npm run bench:export`; exits with 1 when memory grows above the limit.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { withTemporaryService } from './temporary-service.mjs';

const users = Number(process.argv[2] ?? 1_000_000);
const growthLimitMb = 64;
// As the image does: V8's young generation would otherwise double, by 64 MB at once.
const flags = ['--max-semi-space-size=16', '--max-old-space-size=192'];

await withTemporaryService({ flags }, async ({ pid, pool }) => {
  await makeUsers(pool);
  for (const format of ['csv', 'ndjson']) report(format, await exportAll(pool, pid, format));
});

async function makeUsers(pool) {
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, display_name, created_at, updated_at)
     SELECT gen_random_uuid(), 'reader' || n || '@example.com', 'reader' || n || '@example.com', now(),
       'Reader, "the ' || n || 'th"', now() - n * interval '1 second', now()
     FROM generate_series(1, $1::int) AS n`,
    [users],
  );
  await pool.query('VACUUM ANALYZE users');
}

/** Inserts the job as the queue does, and samples the process until the job has ended. */
async function exportAll(pool, pid, format) {
  await delay(3000);
  const watched = watch(pid);
  const id = randomUUID();
  const begin = performance.now();
  await pool.query(
    `INSERT INTO jobs (id, type, queue, payload, state, delivery, next_delivery_at, max_attempts, run_at, event_seq)
     VALUES ($1, 'users.export', 'heavy', jsonb_build_object('format', $2::text), 'queued', 'pending', now(), 1, now(), 1)`,
    [id, format],
  );
  const job = await finished(pool, id);
  const seconds = (performance.now() - begin) / 1000;
  const rssMb = await watched.stop();
  if (job.state !== 'succeeded') throw new Error(`The job is ${job.state}: ${JSON.stringify(job.error)}`);
  const { rows: events } = await pool.query(
    `SELECT (data->>'done')::int AS done FROM job_events WHERE job_id = $1 AND kind = 'progress' ORDER BY seq`,
    [id],
  );
  const { rows: stored } = await pool.query(
    `SELECT count(*)::int AS chunks, sum(length(c.data))::bigint AS bytes
     FROM artifact_chunks c JOIN artifacts a ON a.id = c.artifact_id WHERE a.job_id = $1`,
    [id],
  );
  return { ...job.result, ...stored[0], seconds, rssMb, progress: events.map(({ done }) => done) };
}

async function finished(pool, id) {
  for (;;) {
    const { rows } = await pool.query('SELECT state, result, error FROM jobs WHERE id = $1', [id]);
    if (['succeeded', 'dead', 'cancelled'].includes(rows[0].state)) return rows[0];
    await delay(100);
  }
}

/** Samples a process's resident memory, in MB, ten times a second. */
function watch(pid) {
  const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  const before = rss();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, rss());
  }, 100);
  return {
    async stop() {
      clearInterval(timer);
      await delay(3000);
      return { before, peak, after: rss() };
    },
  };
}

function report(format, { rows, bytes, chunks, seconds, rssMb, progress }) {
  const growth = rssMb.peak - rssMb.before;
  const rising = progress.every((done, at) => at === 0 || done > progress[at - 1]);
  console.log(
    [
      `${format}: ${rows} rows, ${(Number(bytes) / 1e6).toFixed(1)} MB in ${chunks} chunks`,
      `  time      ${seconds.toFixed(1)} s (${Math.round(rows / seconds)} rows/s)`,
      `  memory    ${rssMb.before.toFixed(0)} MB before, ${rssMb.peak.toFixed(0)} at most, ${rssMb.after.toFixed(0)} after:`,
      `            grew by ${growth.toFixed(1)} MB, may grow by ${growthLimitMb}`,
      `  progress  ${progress.length} events, ${rising ? 'always rising' : 'NOT always rising'}: ${progress.slice(0, 3).join(', ')} … ${progress.at(-1)}`,
    ].join('\n'),
  );
  if (growth > growthLimitMb || !rising || rows < users) process.exitCode = 1;
}
