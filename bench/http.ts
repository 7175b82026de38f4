import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { TestProcess } from '../test/harness/process/test-process.ts';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import { administrators, seedUsers } from './seeded-users.ts';
import { ServerUnderTest } from './server-under-test.ts';
import { median, ratio } from './figures.ts';
import { keyRows, measureKeys } from './keyed-posts.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import { machineWith, nameOf } from './machine.ts';
import { report } from './report.ts';
import { sameResponses } from './same-responses.ts';

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
/** Requests per second for the latencies; by default a part of what the slowest server can do. */
const rate = values.rate === undefined ? undefined : Number(values.rate);
const keyRounds = Number(values['key-rounds'] ?? 12);
const partOfSlowest = 0.4;
const latencySeconds = Math.min(4, 2 * seconds);
const boots = Number(values.boots ?? 3);
/** Start-up work of a process has ended after this time. */
const restMs = 4000;
const usersInList = 2000;

const routes = { me: '/v1/users/me', list: '/v1/users?limit=20' } as const;
type Route = keyof typeof routes;

/** Measured in interleaved rounds. */
const names = ['service', 'baseline', 'cachingBaseline'] as const;
type Name = (typeof names)[number];

interface Figures {
  readonly perSecond: Record<Name, number[]>;
  readonly processorMsPerRequest: Record<Name, number[]>;
  readonly fixedRate: number;
  readonly latency: Record<Name, LoadResult>;
}

const programs: Record<Name, { path: string; args: readonly string[] }> = {
  service: { path: 'main', args: [] },
  baseline: { path: 'faults/bench/baseline', args: [] },
  cachingBaseline: { path: 'faults/bench/baseline', args: ['caches-tokens'] },
};

await report(measure, markdown);

async function measure(cluster: TestCluster) {
  await seedUsers(cluster.pool, usersInList);
  const idle = { service: await measureBoot(cluster, 'service'), baseline: await measureBoot(cluster, 'baseline') };
  const servers = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await started(cluster, name)] as const)),
  ) as Record<Name, ServerUnderTest>;
  const tokens = await administrators(servers.service.url, cluster.pool, connections);
  await cluster.pool.query('VACUUM ANALYZE');
  await sameResponses(
    names.map((name) => servers[name].url),
    Object.values(routes),
    tokens[0] ?? '',
  );
  const load = cluster.start('faults/bench/load', {});
  await load.ready();
  const at = { load, servers, tokens };
  const measured = { me: await compare('me', at), list: await compare('list', at) };
  await delay(restMs);
  const after = { service: mib(servers.service), baseline: mib(servers.baseline) };
  await Promise.all(
    Object.values(servers).map(async (server) => {
      await server.stop();
    }),
  );
  await load.kill();
  const keys = await measureKeys(cluster, { rounds: keyRounds, requests: 8 * connections, connections });
  return {
    machine: await machineWith(cluster.pool),
    settings: { rounds, seconds, connections, latencySeconds, usersInList, keyRounds },
    ...measured,
    keys,
    bootMs: { service: idle.service.bootMs, baseline: idle.baseline.bootMs },
    idleMib: { service: idle.service.mib, baseline: idle.baseline.mib },
    afterMib: after,
  };
}

async function started(cluster: TestCluster, name: Name): Promise<ServerUnderTest> {
  const { path, args } = programs[name];
  return await ServerUnderTest.start(cluster, path, args);
}

/** Starts a server several times and measures the duration and the idle memory. */
async function measureBoot(cluster: TestCluster, name: Name): Promise<{ bootMs: number; mib: number | null }> {
  const bootMs: number[] = [];
  const sizes: (number | null)[] = [];
  for (let boot = 0; boot < boots; boot += 1) {
    const server = await started(cluster, name);
    bootMs.push(server.bootMs);
    await delay(restMs / 2);
    sizes.push(mib(server));
    await server.stop();
  }
  return { bootMs: Math.round(median(bootMs)), mib: sizes.includes(null) ? null : median(sizes.map(Number)) };
}

interface BenchmarkContext {
  readonly load: TestProcess;
  readonly servers: Record<Name, ServerUnderTest>;
  readonly tokens: readonly string[];
}

async function compare(route: Route, at: BenchmarkContext): Promise<Figures> {
  const perSecond: Figures['perSecond'] = { service: [], baseline: [], cachingBaseline: [] };
  const processor: Figures['processorMsPerRequest'] = { service: [], baseline: [], cachingBaseline: [] };
  for (let round = -1; round < rounds; round += 1) {
    // Adjacent rounds are compared, in alternating order.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const before = at.servers[name].processorMs();
      const result = await measureLoad(name, route, at, { seconds });
      const used = (at.servers[name].processorMs() ?? Number.NaN) - (before ?? Number.NaN);
      // The first round warms up the JIT compiler.
      if (round < 0) continue;
      perSecond[name].push(Math.round(result.perSecond));
      processor[name].push(Number((used / result.requests).toFixed(3)));
    }
  }
  const slowest = Math.min(...names.map((name) => median(perSecond[name])));
  const fixedRate = rate ?? Math.max(10, Math.round((slowest * partOfSlowest) / 10) * 10);
  const latency: Partial<Figures['latency']> = {};
  for (const name of names) {
    latency[name] = await measureLoad(name, route, at, { seconds: latencySeconds, perSecond: fixedRate });
  }
  return { perSecond, processorMsPerRequest: processor, fixedRate, latency: latency as Figures['latency'] };
}

async function measureLoad(
  name: Name,
  route: Route,
  { load, servers, tokens }: BenchmarkContext,
  size: Pick<LoadOrder, 'seconds' | 'perSecond'>,
): Promise<LoadResult> {
  const result = load.nextMessage<LoadResult>();
  load.send({ url: servers[name].url, path: routes[route], tokens, connections, ...size } satisfies LoadOrder);
  return await result;
}

function mib(server: ServerUnderTest): number | null {
  const size = server.memoryMib();
  return size === undefined ? null : Math.round(size);
}

type All = Awaited<ReturnType<typeof measure>>;

function markdown(all: All): string {
  const { machine, settings } = all;
  return [
    `${nameOf(machine)}; ${settings.rounds} rounds of ${settings.seconds} s,`,
    `${settings.connections} connections`,
    '',
    '| | service | baseline | ratio of each round | median | goal |',
    '| --- | --- | --- | --- | --- | --- |',
    ...throughput('GET /v1/users/me', all.me),
    ...throughput('GET /v1/users?limit=20', all.list),
    ...keyRows(all.keys),
    `| boot to ready | ${all.bootMs.service} ms | ${all.bootMs.baseline} ms | | | ≤ 2000 ms |`,
    `| resident memory, idle | ${all.idleMib.service ?? '?'} MiB | ${all.idleMib.baseline ?? '?'} MiB | | | ≤ 150 MB |`,
    `| resident memory, after the load | ${all.afterMib.service ?? '?'} MiB | ${all.afterMib.baseline ?? '?'} MiB | | | |`,
    '',
  ].join('\n');
}

function throughput(what: string, { perSecond, processorMsPerRequest, fixedRate, latency }: Figures): string[] {
  const line = (against: 'baseline' | 'cachingBaseline', suffix: string, goal: string): string => {
    const ratios = perSecond.service.map((figure, round) => ratio(figure, perSecond[against][round] ?? Number.NaN));
    return `| ${what}, per second${suffix} | ${median(perSecond.service)} | ${median(perSecond[against])} | ${ratios.join(', ')} | **${median(ratios)}** | ${goal} |`;
  };
  const { service, baseline } = processorMsPerRequest;
  const at = (result: LoadResult): string => `${result.p50Ms.toFixed(1)} / ${result.p99Ms.toFixed(1)} ms`;
  return [
    line('baseline', '', '≥ 0.60'),
    line('cachingBaseline', ', the baseline caches tokens too', ''),
    `| ${what}, processor time of each | ${median(service)} ms | ${median(baseline)} ms | | ${ratio(median(baseline), median(service))} | |`,
    `| ${what}, p50 / p99 at ${fixedRate} per second | ${at(latency.service)} | ${at(latency.baseline)} | | | |`,
  ];
}
