import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { EffectPayload } from './effect.job.ts';

/** Which of the handlers shall run it. */
export type Kind = 'effects' | 'ordinary-effects';

/** Enqueues over HTTP and returns the id of a job that was promised. */
export async function enqueue(url: string, payload: EffectPayload, kind: Kind = 'effects'): Promise<string> {
  const reply = await fetch(`${url}/v1/prove/${kind}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
  });
  if (reply.status !== 202) throw new Error(`The job was refused: ${reply.status} ${await reply.text()}`);
  const { id } = (await reply.json()) as { id: string };
  return id;
}

/** What the tables say when all is over. */
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
    WITH done AS (SELECT job_id, count(*) AS effects FROM prove_effects GROUP BY job_id)
    SELECT count(*)::int AS jobs,
      count(*) FILTER (WHERE state = 'succeeded')::int AS succeeded,
      count(*) FILTER (WHERE state = 'dead')::int AS dead,
      count(*) FILTER (WHERE finished_at IS NULL)::int AS unfinished,
      coalesce(sum(effects), 0)::int AS effects,
      count(*) FILTER (WHERE effects > 1)::int AS doubled,
      count(*) FILTER (WHERE state = 'succeeded' AND effects IS NULL)::int AS empty,
      count(*) FILTER (WHERE state <> 'succeeded' AND effects IS NOT NULL)::int AS stray,
      coalesce(sum(attempts), 0)::int AS attempts
    FROM jobs LEFT JOIN done ON done.job_id = jobs.id WHERE type LIKE 'prove.%'`);
  const [history] = rows;
  if (history === undefined) throw new Error('There is no history');
  return history;
}

/** Which of these promised jobs did not succeed. */
export async function lost(pool: Pool, promised: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ kept: number }>(
    `SELECT count(*)::int AS kept FROM jobs WHERE id = ANY($1::uuid[]) AND state = 'succeeded'`,
    [promised],
  );
  return promised.length - (rows[0]?.kept ?? 0);
}

/** The promises that hold in every scenario, as sentences when they do not. */
export function brokenPromises(history: History, lostJobs: number): string[] {
  const claims: [number, string][] = [
    [lostJobs, 'promised jobs did not succeed'],
    [history.doubled, 'jobs had their effect more than once'],
    [history.empty, 'jobs succeeded without an effect'],
    [history.stray, 'jobs had an effect without success'],
  ];
  return claims.filter(([count]) => count > 0).map(([count, claim]) => `${count} ${claim}`);
}

/** What became of promised jobs: the figures and the broken promises that scenarios have in common. */
export interface Outcome {
  readonly history: History;
  readonly figures: Readonly<Record<'effects' | 'lost' | 'doubled', number>>;
  readonly broken: readonly string[];
}

/** Looks when all is over; `finished` is what waiting for that has said. */
export async function outcomeOf(pool: Pool, promised: readonly string[], finished: boolean): Promise<Outcome> {
  const history = await readHistory(pool);
  const lostJobs = await lost(pool, promised);
  return {
    history,
    figures: { effects: history.effects, lost: lostJobs, doubled: history.doubled },
    broken: [...brokenPromises(history, lostJobs), ...(finished ? [] : ['some jobs did not finish in time'])],
  };
}

/** Waits until no job of the proof is unfinished. False when that takes longer. */
export async function settled(pool: Pool, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (Date.now() < end) {
    if ((await readHistory(pool)).unfinished === 0) return true;
    await delay(200);
  }
  return false;
}

/** Asks again and again until there is an answer. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  withinMs = 30_000,
): Promise<T> {
  for (const end = Date.now() + withinMs; ;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`After ${withinMs} ms still not: ${what}`);
    await delay(20);
  }
}

/** Milliseconds as a person reads them. */
export function readable(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
