import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, eventually, outcomeOf, readable, settled } from './jobs.ts';
import type { Program } from './program.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** How soon the job of another process starts: the server ends a silent transaction of a relay after 2 s. */
const longestMs = 4000;
/** Nothing else ends a transaction that a stopped process has left open. */
const patient = { DATABASE_STATEMENT_TIMEOUT_MS: '600000' };

export const relayFreeze: Scenario = {
  about: 'an API process is stopped between addBulk and the COMMIT of its relay, and never goes on',
  defaults: { jobs: 10, rounds: 5 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { jobs, rounds }: Plan): Promise<Finding> {
  const [url] = await Promise.all([stage.api(patient).ready(), stage.worker(patient).ready()]);
  const waits: number[] = [];
  const promised: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const frozen = await freeze(stage, round);
    const others = await Promise.all(
      Array.from({ length: jobs }, async (_, job) => await enqueue(url, { key: `other ${round}.${job}` })),
    );
    promised.push(...others);
    for (const id of others)
      waits.push(await eventually('it starts', async () => await findWait(stage.pool, id), 60_000));
    await frozen.kill();
  }
  const outcome = await outcomeOf(stage.pool, promised, await settled(stage.pool, 60_000));
  const longest = Math.max(...waits);
  return {
    figures: {
      'stopped relays': rounds,
      jobs: outcome.history.jobs,
      'longest until a job of another process started': readable(longest),
      ...outcome.figures,
    },
    broken: outcome.broken,
    late: longest > longestMs ? [`a job of another process waited for more than ${longestMs} ms`] : [],
  };
}

/** Enqueues until the process stands still, for another one's sweep may send a job first. */
async function freeze(stage: Stage, round: number): Promise<Program> {
  const program = stage.api({ ...patient, PROVE_CRASH_AT: 'published', PROVE_CRASH_BY: 'SIGSTOP' });
  const url = await program.ready();
  for (let attempt = 1; !isStopped(program.pid); attempt += 1) {
    // A process that stands still answers no more.
    await Promise.race([enqueue(url, { key: `own ${round}.${attempt}` }).catch(() => undefined), delay(500)]);
  }
  return program;
}

/** Whether a process has got SIGSTOP, as Linux tells. */
function isStopped(pid: number): boolean {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

async function findWait(pool: Pool, id: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ waitedMs: number }>(
    `SELECT extract(epoch FROM started_at - created_at)::float8 * 1000 AS "waitedMs" FROM jobs
     WHERE id = $1 AND started_at IS NOT NULL`,
    [id],
  );
  return rows[0]?.waitedMs;
}
