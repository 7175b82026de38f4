import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import { Brocoders, brocodersRoutes } from './brocoders.ts';
import { median } from './figures.ts';
import { markdown, proof } from './http-report.ts';
import { measureKeys } from './keyed-posts.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import { machineWith } from './machine.ts';
import { report } from './report.ts';
import { sameBodies, sameResponses } from './same-responses.ts';
import { administrators, seedUsers } from './seeded-users.ts';
import { ServerUnderTest } from './server-under-test.ts';
import { hasWrk, saturateWithWrk } from './wrk.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2.5' },
    connections: { type: 'string', default: '32' },
    rate: { type: 'string' },
    'key-rounds': { type: 'string', default: '12' },
    boots: { type: 'string', default: '3' },
    brocoders: { type: 'string' },
    record: { type: 'boolean' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = Number(values.connections);
/** Requests per second for the latencies; by default half of what the service can do. */
const rate = values.rate === undefined ? undefined : Number(values.rate);
const keyRounds = Number(values['key-rounds']);
const boots = Number(values.boots);
const latencySeconds = Math.min(4, 2 * seconds);
/** Start-up work of a process has ended after this time. */
const restMs = 4000;
const usersInList = 2000;

/** The measured routes: without dependencies but with the whole edge, one row, and 20 rows. */
const routes = { edge: '/problems/not-found', me: '/v1/users/me', list: '/v1/users?limit=20' } as const;
type Route = keyof typeof routes;
/** The measured servers; the rounds interleave them in this order and in the reverse one. */
export type Name = 'service' | 'lean' | 'baseline' | 'brocoders';
type PerServer<T> = Readonly<Partial<Record<Name, T>>>;

/** One route on every server. */
export interface RouteFigures {
  /** As fast as responses arrive: a slow server wakes the client for each response, a fast one keeps it busy. */
  readonly cpuMs: PerServer<number[]>;
  /** At the fixed rate of the latencies, the same for every server. */
  readonly cpuMsAtRate: PerServer<number>;
  readonly perSecond: PerServer<number[]>;
  readonly fixedRate: number;
  readonly latency: PerServer<LoadResult>;
}

/** A server, its paths and the tokens of its users. */
interface MeasuredServer {
  readonly name: Name;
  readonly server: ServerUnderTest | Brocoders;
  readonly paths: Readonly<Record<Route, string>>;
  readonly tokens: readonly string[];
}

await report(measure, markdown, { logs: true, ...(values.record === true && { proof }) });

async function measure(cluster: TestCluster) {
  await seedUsers(cluster.pool, usersInList);
  const idle = {
    service: await measureBoot(async () => await ServerUnderTest.start(cluster, 'main')),
    baseline: await measureBoot(async () => await ServerUnderTest.start(cluster, 'faults/bench/baseline')),
  };
  const servers = await startAll(cluster);
  const load = cluster.start('faults/bench/load', {});
  await load.ready();
  const send = async (order: LoadOrder): Promise<LoadResult> => {
    if (order.perSecond === undefined && hasWrk) return await saturateWithWrk(order);
    const result = load.nextMessage<LoadResult>();
    load.send(order);
    return await result;
  };
  const measured = {
    edge: await compare('edge', servers, send),
    me: await compare('me', servers, send),
    list: await compare('list', servers, send),
  };
  await delay(restMs);
  const afterMib = Object.fromEntries(servers.map(({ name, server }) => [name, mib(server)]));
  await Promise.all(
    servers.map(async ({ server }) => {
      await server.stop();
    }),
  );
  await load.kill();
  const keys = await measureKeys(cluster, { rounds: keyRounds, requests: 8 * connections, connections });
  return {
    machine: await machineWith(cluster.pool),
    settings: { rounds, seconds, connections, latencySeconds, usersInList, load: hasWrk ? 'wrk' : 'undici' },
    ...measured,
    keys,
    idle,
    afterMib,
  };
}

/** Everything that is measured. */
export type HttpFigures = Awaited<ReturnType<typeof measure>>;

async function startAll(cluster: TestCluster): Promise<MeasuredServer[]> {
  const service = await ServerUnderTest.start(cluster, 'main');
  const tokens = await administrators(service.url, cluster.pool, connections);
  const baseline = await ServerUnderTest.start(cluster, 'faults/bench/baseline');
  const [token = ''] = tokens;
  const lean = await ServerUnderTest.start(cluster, 'faults/bench/lean', {
    args: await leanArguments(service.url, token),
  });
  await cluster.pool.query('VACUUM ANALYZE');
  await sameResponses([service.url, baseline.url], Object.values(routes), token);
  await sameBodies([service.url, lean.url], Object.values(routes), token);
  const all: MeasuredServer[] = Object.entries({ service, lean, baseline }).map(([name, server]) => {
    return { name: name as Name, server, paths: routes, tokens };
  });
  if (values.brocoders === undefined) return all;
  const other = await Brocoders.start(values.brocoders, connections);
  return [...all, { name: 'brocoders', server: other, paths: brocodersRoutes, tokens: other.tokens }];
}

/** The user of the token, and a file with the constants of the lean server's bodies. */
async function leanArguments(url: string, token: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${token}` };
  const bodyOf = async (path: string): Promise<unknown> => await (await fetch(`${url}${path}`, { headers })).json();
  const me = (await bodyOf(routes.me)) as { id: string; permissions: string[] };
  const file = join(tmpdir(), `plinth-bench-${process.pid}.json`);
  writeFileSync(file, JSON.stringify({ problem: await bodyOf(routes.edge), permissions: me.permissions }));
  return [me.id, file];
}

/** Starts a server several times and measures the duration and the idle memory. */
async function measureBoot(start: () => Promise<ServerUnderTest>): Promise<{ bootMs: number; mib: number | null }> {
  const bootMs: number[] = [];
  const sizes: (number | null)[] = [];
  for (let boot = 0; boot < boots; boot += 1) {
    const server = await start();
    bootMs.push(server.bootMs);
    await delay(restMs / 2);
    sizes.push(mib(server));
    await server.stop();
  }
  return { bootMs: Math.round(median(bootMs)), mib: sizes.includes(null) ? null : median(sizes.map(Number)) };
}

async function compare(
  route: Route,
  servers: readonly MeasuredServer[],
  send: (order: LoadOrder) => Promise<LoadResult>,
): Promise<RouteFigures> {
  const perSecond: Partial<Record<Name, number[]>> = {};
  const cpuMs: Partial<Record<Name, number[]>> = {};
  const orderOf = ({ server, paths, tokens }: MeasuredServer): LoadOrder => {
    return { url: server.url, path: paths[route], tokens, connections, seconds };
  };
  const measured = async (one: MeasuredServer, order: LoadOrder): Promise<[LoadResult, number]> => {
    const before = one.server.processorMs() ?? Number.NaN;
    const result = await send(order);
    const used = (one.server.processorMs() ?? Number.NaN) - before;
    return [result, Number((used / result.requests).toFixed(4))];
  };
  for (let round = -1; round < rounds; round += 1) {
    // Adjacent rounds are compared, in alternating order.
    for (const one of round % 2 === 0 ? servers : servers.toReversed()) {
      const [result, cpu] = await measured(one, orderOf(one));
      // The first round warms up the JIT compiler.
      if (round < 0) continue;
      (perSecond[one.name] ??= []).push(Math.round(result.perSecond));
      (cpuMs[one.name] ??= []).push(cpu);
    }
  }
  const fixedRate = rate ?? Math.max(10, Math.round(median(perSecond.service ?? []) / 20) * 10);
  const latency: Partial<Record<Name, LoadResult>> = {};
  const cpuMsAtRate: Partial<Record<Name, number>> = {};
  for (const one of servers) {
    const order = { ...orderOf(one), seconds: latencySeconds, perSecond: fixedRate };
    // Afterwards it is as warm as in its rounds: V8 frees memory and code of a process that waits for the others.
    await send({ ...order, seconds: 1 });
    [latency[one.name], cpuMsAtRate[one.name]] = await measured(one, order);
  }
  return { cpuMs, cpuMsAtRate, perSecond, fixedRate, latency };
}

function mib(server: MeasuredServer['server']): number | null {
  const size = server.memoryMib();
  return size === undefined ? null : Math.round(size);
}
