import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Program } from '../prove/program.ts';
import type { Stage } from '../prove/stage.ts';
import { administrators, crowd } from './callers.ts';
import { Contender } from './contender.ts';
import { median, ratio } from './figures.ts';
import { keyRows, measureKeys } from './keyed-posts.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import { machineWith, nameOf } from './machine.ts';
import { report } from './report.ts';
import { sameReplies } from './same-replies.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string' },
    rate: { type: 'string' },
    'key-rounds': { type: 'string' },
    boots: { type: 'string' },
  },
});
const rounds = Number(values.rounds ?? 5);
const seconds = Number(values.seconds ?? 2.5);
const connections = Number(values.connections ?? 32);
/** Requests per second for the latencies; by default a part of what the slowest contender can do. */
const rate = values.rate === undefined ? undefined : Number(values.rate);
const keyRounds = Number(values['key-rounds'] ?? 12);
const partOfSlowest = 0.4;
const latencySeconds = Math.min(4, 2 * seconds);
const boots = Number(values.boots ?? 3);
/** What a process has started is over by then. */
const restMs = 4000;
const usersInList = 2000;

const routes = { me: '/v1/users/me', list: '/v1/users?limit=20' } as const;
type Route = keyof typeof routes;

/** Each is measured in turns with the others. */
const names = ['service', 'ceiling', 'rememberingCeiling'] as const;
type Name = (typeof names)[number];

interface Figures {
  readonly perSecond: Record<Name, number[]>;
  readonly processorMsPerRequest: Record<Name, number[]>;
  readonly fixedRate: number;
  readonly latency: Record<Name, LoadResult>;
}

const programs: Record<Name, { path: string; args: readonly string[] }> = {
  service: { path: '../../main', args: [] },
  ceiling: { path: '../bench/ceiling', args: [] },
  rememberingCeiling: { path: '../bench/ceiling', args: ['remembers-tokens'] },
};

await report(measure, markdown);

async function measure(stage: Stage) {
  await crowd(stage.pool, usersInList);
  const idle = { service: await fresh(stage, 'service'), ceiling: await fresh(stage, 'ceiling') };
  const contenders = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await started(stage, name)] as const)),
  ) as Record<Name, Contender>;
  const tokens = await administrators(contenders.service.url, stage.pool, connections);
  await stage.pool.query('VACUUM ANALYZE');
  await sameReplies(
    names.map((name) => contenders[name].url),
    Object.values(routes),
    tokens[0] ?? '',
  );
  const load = stage.start('../bench/load', {});
  await load.ready();
  const at = { load, contenders, tokens };
  const measured = { me: await compare('me', at), list: await compare('list', at) };
  await delay(restMs);
  const after = { service: mib(contenders.service), ceiling: mib(contenders.ceiling) };
  await Promise.all(
    Object.values(contenders).map(async (contender) => {
      await contender.stop();
    }),
  );
  await load.kill();
  const keys = await measureKeys(stage, { rounds: keyRounds, requests: 8 * connections, lanes: connections });
  return {
    machine: await machineWith(stage.pool),
    settings: { rounds, seconds, connections, latencySeconds, usersInList, keyRounds },
    ...measured,
    keys,
    bootMs: { service: idle.service.bootMs, ceiling: idle.ceiling.bootMs },
    idleMib: { service: idle.service.mib, ceiling: idle.ceiling.mib },
    afterMib: after,
  };
}

async function started(stage: Stage, name: Name): Promise<Contender> {
  const { path, args } = programs[name];
  return await Contender.start(stage, path, args);
}

/** Starts a server some times: how long that takes, and how much memory it has when nobody asks it anything. */
async function fresh(stage: Stage, name: Name): Promise<{ bootMs: number; mib: number | null }> {
  const bootMs: number[] = [];
  const sizes: (number | null)[] = [];
  for (let boot = 0; boot < boots; boot += 1) {
    const contender = await started(stage, name);
    bootMs.push(contender.bootMs);
    await delay(restMs / 2);
    sizes.push(mib(contender));
    await contender.stop();
  }
  return { bootMs: Math.round(median(bootMs)), mib: sizes.includes(null) ? null : median(sizes.map(Number)) };
}

interface Surroundings {
  readonly load: Program;
  readonly contenders: Record<Name, Contender>;
  readonly tokens: readonly string[];
}

async function compare(route: Route, at: Surroundings): Promise<Figures> {
  const perSecond: Figures['perSecond'] = { service: [], ceiling: [], rememberingCeiling: [] };
  const processor: Figures['processorMsPerRequest'] = { service: [], ceiling: [], rememberingCeiling: [] };
  for (let round = -1; round < rounds; round += 1) {
    // Neighbours in time are compared, and none of them always comes first.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const before = at.contenders[name].processorMs();
      const result = await ask(name, route, at, { seconds });
      const used = (at.contenders[name].processorMs() ?? Number.NaN) - (before ?? Number.NaN);
      // The first one is for the compilers.
      if (round < 0) continue;
      perSecond[name].push(Math.round(result.perSecond));
      processor[name].push(Number((used / result.requests).toFixed(3)));
    }
  }
  const slowest = Math.min(...names.map((name) => median(perSecond[name])));
  const fixedRate = rate ?? Math.max(10, Math.round((slowest * partOfSlowest) / 10) * 10);
  const latency: Partial<Figures['latency']> = {};
  for (const name of names) {
    latency[name] = await ask(name, route, at, { seconds: latencySeconds, perSecond: fixedRate });
  }
  return { perSecond, processorMsPerRequest: processor, fixedRate, latency: latency as Figures['latency'] };
}

async function ask(
  name: Name,
  route: Route,
  { load, contenders, tokens }: Surroundings,
  how: Pick<LoadOrder, 'seconds' | 'perSecond'>,
): Promise<LoadResult> {
  const answer = load.says<LoadResult>();
  load.tell({ url: contenders[name].url, path: routes[route], tokens, connections, ...how } satisfies LoadOrder);
  return await answer;
}

function mib(contender: Contender): number | null {
  const size = contender.memoryMib();
  return size === undefined ? null : Math.round(size);
}

type All = Awaited<ReturnType<typeof measure>>;

function markdown(all: All): string {
  const { machine, settings } = all;
  return [
    `${nameOf(machine)}; ${settings.rounds} rounds of ${settings.seconds} s,`,
    `${settings.connections} connections`,
    '',
    '| | service | ceiling | ratio of each round | median | goal |',
    '| --- | --- | --- | --- | --- | --- |',
    ...throughput('GET /v1/users/me', all.me),
    ...throughput('GET /v1/users?limit=20', all.list),
    ...keyRows(all.keys),
    `| boot to ready | ${all.bootMs.service} ms | ${all.bootMs.ceiling} ms | | | ≤ 2000 ms |`,
    `| resident memory, idle | ${all.idleMib.service ?? '?'} MiB | ${all.idleMib.ceiling ?? '?'} MiB | | | ≤ 150 MB |`,
    `| resident memory, after the load | ${all.afterMib.service ?? '?'} MiB | ${all.afterMib.ceiling ?? '?'} MiB | | | |`,
    '',
  ].join('\n');
}

function throughput(what: string, { perSecond, processorMsPerRequest, fixedRate, latency }: Figures): string[] {
  const line = (against: 'ceiling' | 'rememberingCeiling', suffix: string, goal: string): string => {
    const ratios = perSecond.service.map((figure, round) => ratio(figure, perSecond[against][round] ?? Number.NaN));
    return `| ${what}, per second${suffix} | ${median(perSecond.service)} | ${median(perSecond[against])} | ${ratios.join(', ')} | **${median(ratios)}** | ${goal} |`;
  };
  const { service, ceiling } = processorMsPerRequest;
  const at = (result: LoadResult): string => `${result.p50Ms.toFixed(1)} / ${result.p99Ms.toFixed(1)} ms`;
  return [
    line('ceiling', '', '≥ 0.60'),
    line('rememberingCeiling', ', ceiling remembers tokens too', ''),
    `| ${what}, processor time of each | ${median(service)} ms | ${median(ceiling)} ms | | ${ratio(median(ceiling), median(service))} | |`,
    `| ${what}, p50 / p99 at ${fixedRate} per second | ${at(latency.service)} | ${at(latency.ceiling)} | | | |`,
  ];
}
