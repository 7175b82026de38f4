import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Person } from '../prove/auth/people.ts';
import { logIn, people } from '../prove/auth/people.ts';
import type { Program } from '../prove/program.ts';
import type { Stage } from '../prove/stage.ts';
import { Contender } from './contender.ts';
import { ratio } from './figures.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import type { Machine } from './machine.ts';
import { machineWith, nameOf } from './machine.ts';
import { report } from './report.ts';

const { values } = parseArgs({ options: { logins: { type: 'string' }, seconds: { type: 'string' } } });
const logins = Number(values.logins ?? 200);
const seconds = Number(values.seconds ?? 8);

/** Few enough that a quiet machine has nothing to wait for. */
const perSecond = 40;
const paths = ['/readyz', '/v1/users/me'] as const;
type Path = (typeof paths)[number];

/** Latencies of one path, alone and while everybody logs in. */
interface Pair {
  readonly quiet: LoadResult;
  readonly storm: LoadResult;
}

interface Figures {
  readonly machine: Machine;
  readonly latencies: Record<Path, Pair>;
  /** How often the logins were answered with each status. */
  readonly answers: Readonly<Record<string, number>>;
  /** Refusals without a Retry-After: there shall be none. */
  readonly withoutRetryAfter: number;
}

await report(measure, markdown);

async function measure(stage: Stage): Promise<Figures> {
  const machine = await machineWith(stage.pool);
  const service = await Contender.start(stage, '../../main');
  const load = stage.start('../bench/load', {});
  await load.says();
  const everybody = await people(stage.pool, logins + 1);
  const [caller, ...others] = everybody;
  if (caller === undefined) throw new Error('There is nobody');
  const { accessToken } = await logIn(service.url, caller);
  const answers: Record<string, number> = {};
  let withoutRetryAfter = 0;
  const told = (status: number, retryAfter: string | null): void => {
    answers[status] = (answers[status] ?? 0) + 1;
    if (status !== 200 && retryAfter === null) withoutRetryAfter += 1;
  };
  const latencies: Partial<Record<Path, Pair>> = {};
  for (const path of paths) {
    const order = { url: service.url, path, tokens: [accessToken], connections: 8, seconds, perSecond };
    await asked(load, { ...order, seconds: 2 });
    const quiet = await asked(load, order);
    const storm = await during(service.url, { others, told }, async () => await asked(load, order));
    latencies[path] = { quiet, storm };
  }
  await service.stop();
  return { machine, latencies: latencies as Figures['latencies'], answers, withoutRetryAfter };
}

/** Does the work while all of them log in, again as soon as they are answered, or when they were told to come back. */
async function during<T>(
  url: string,
  { others, told }: { others: readonly Person[]; told: (status: number, retryAfter: string | null) => void },
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const storm = Promise.all(
    others.map(async ({ email, password }) => {
      while (!over.signal.aborted) {
        const reply = await fetch(`${url}/v1/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        });
        await reply.arrayBuffer();
        const retryAfter = reply.headers.get('retry-after');
        told(reply.status, retryAfter);
        const pause = delay(Number(retryAfter ?? 0) * 1000, undefined, { signal: over.signal });
        await pause.catch(() => undefined);
      }
    }),
  );
  const result = await work();
  over.abort();
  await storm;
  return result;
}

async function asked(load: Program, order: LoadOrder): Promise<LoadResult> {
  const answer = load.says<LoadResult>();
  load.tell(order);
  return await answer;
}

function markdown({ machine, latencies, answers, withoutRetryAfter }: Figures): string {
  const row = (path: Path): string => {
    const { quiet, storm } = latencies[path];
    const times = ratio(storm.p99Ms, quiet.p99Ms);
    return `| GET ${path}, p50 / p99 | ${shown(quiet)} | ${shown(storm)} | **${times}** | ≤ 3 |`;
  };
  const statuses = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
  return [
    `${nameOf(machine)}; ${logins} logins at once, ${perSecond} requests a second beside them`,
    '',
    '| | quiet | while all log in | p99, times | goal |',
    '| --- | --- | --- | --- | --- |',
    ...paths.map(row),
    '',
    `Logins: ${statuses.join(', ')}; refusals without Retry-After: ${withoutRetryAfter}.`,
    '',
  ].join('\n');
}

function shown({ p50Ms, p99Ms }: LoadResult): string {
  return `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} ms`;
}
