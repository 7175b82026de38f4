import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { EffectPayload } from './effect.job.ts';
import type { ThreadPayload } from './thread.job.ts';

/** Route of the handler that runs the job. */
export type Kind = 'effects' | 'ordinary-effects' | 'threads';

/** Enqueues a job over HTTP and returns its id. */
export async function enqueue(
  url: string,
  payload: EffectPayload | ThreadPayload,
  kind: Kind = 'effects',
): Promise<string> {
  const response = await fetch(`${url}/v1/scenarios/${kind}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
  });
  if (response.status !== 202) throw new Error(`The job was rejected: ${response.status} ${await response.text()}`);
  const { id } = (await response.json()) as { id: string };
  return id;
}

/** Enqueues jobs at the same time and returns their ids. */
export async function enqueueAll(url: string, payloads: readonly EffectPayload[]): Promise<string[]> {
  return await Promise.all(payloads.map(async (payload) => await enqueue(url, payload)));
}

/** Counts over the jobs of a scenario. */
export interface History {
  readonly jobs: number;
  readonly succeeded: number;
  readonly dead: number;
  readonly unfinished: number;
  readonly effects: number;
  /** Jobs with more than one effect. */
  readonly doubled: number;
  /** Jobs that succeeded without an effect. */
  readonly empty: number;
  /** Effects of jobs that did not succeed. */
  readonly stray: number;
  readonly attempts: number;
}

/** Counts jobs and effects. */
export async function readHistory(pool: Pool): Promise<History> {
  const { rows } = await pool.query<History>(`
    WITH done AS (SELECT job_id, count(*) AS effects FROM scenario_effects GROUP BY job_id)
    SELECT count(*)::int AS jobs,
      count(*) FILTER (WHERE state = 'succeeded')::int AS succeeded,
      count(*) FILTER (WHERE state = 'dead')::int AS dead,
      count(*) FILTER (WHERE finished_at IS NULL)::int AS unfinished,
      coalesce(sum(effects), 0)::int AS effects,
      count(*) FILTER (WHERE effects > 1)::int AS doubled,
      count(*) FILTER (WHERE state = 'succeeded' AND effects IS NULL)::int AS empty,
      count(*) FILTER (WHERE state <> 'succeeded' AND effects IS NOT NULL)::int AS stray,
      coalesce(sum(attempts), 0)::int AS attempts
    FROM jobs LEFT JOIN done ON done.job_id = jobs.id WHERE type LIKE 'scenario.%'`);
  const [history] = rows;
  if (history === undefined) throw new Error('There is no history');
  return history;
}

/** How many of these jobs did not succeed. */
export async function missingJobs(pool: Pool, enqueued: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ succeeded: number }>(
    `SELECT count(*)::int AS succeeded FROM jobs WHERE id = ANY($1::uuid[]) AND state = 'succeeded'`,
    [enqueued],
  );
  return enqueued.length - (rows[0]?.succeeded ?? 0);
}

/** Violations of what every scenario guarantees. */
export function violations(history: History, lostJobs: number): string[] {
  const claims: [number, string][] = [
    [lostJobs, 'jobs did not succeed'],
    [history.doubled, 'jobs have more than one effect'],
    [history.empty, 'jobs succeeded without an effect'],
    [history.stray, 'jobs have an effect without success'],
  ];
  return claims.filter(([count]) => count > 0).map(([count, claim]) => `${count} ${claim}`);
}

/** The figures and violations that scenarios have in common. */
export interface Outcome {
  readonly history: History;
  readonly figures: Readonly<Record<'effects' | 'lost' | 'doubled', number>>;
  readonly violations: readonly string[];
}

/** @param finished whether all jobs ended in time, as `settled` returned */
export async function outcomeOf(pool: Pool, enqueued: readonly string[], finished: boolean): Promise<Outcome> {
  const history = await readHistory(pool);
  const lostJobs = await missingJobs(pool, enqueued);
  return {
    history,
    figures: { effects: history.effects, lost: lostJobs, doubled: history.doubled },
    violations: [...violations(history, lostJobs), ...(finished ? [] : ['some jobs did not finish in time'])],
  };
}

/** Waits until every job of the scenario is finished; false when that takes longer. */
export async function settled(pool: Pool, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    if ((await readHistory(pool)).unfinished === 0) return true;
    await delay(200);
  }
  return false;
}

/** For example `487 ms` or `1.1 s`. */
export function formatDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
