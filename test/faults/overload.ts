import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadOrder, LoadResult } from '../../bench/load.ts';
import { memoryMibOf, processorMsOf } from '../../bench/process-figures.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import type { TestProcess } from '../harness/process/test-process.ts';
import { createUsers } from './auth/users.ts';
import { accessToken } from './caller.ts';
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenario.ts';

const leastGoodput = 0.8;
const refusedWithinMs = 100;
/** The most memory of the second half, as a multiple of that of the first half. */
const memoryFactor = 1.2;
/** Of the container in docker/compose.yaml. */
const memoryLimitMib = 512;
/** As in docker/Dockerfile. */
const flags = ['--max-semi-space-size=16', '--max-old-space-size=192'];
const closedConnections = 32;
/** More than the requests that the service accepts at a time. */
const openConnections = 1500;
const peakSeconds = 8;
const path = '/v1/users?limit=100';

export const overload: Scenario = {
  description: 'an API process receives twice the requests that it can serve, for --rounds seconds',
  promise:
    'Under twice the load that it can serve, the service serves nearly as much as before and refuses the rest at once.',
  defaults: { jobs: 0, rounds: 60 },
  short: { rounds: 5 },
  run,
};

async function run(cluster: TestCluster, { rounds: seconds }: ScenarioOptions): Promise<ScenarioResult> {
  const limits = { OVERLOAD_EVENT_LOOP_LAG_MS: '', OVERLOAD_POOL_WAIT_MS: '' };
  const { program, url } = await cluster.service({ WORKER: 'off', ...limits }, { flags });
  // Serves everything: what it serves is the peak.
  const unlimited = await cluster.service({ WORKER: 'off' }, { flags });
  await createUsers(cluster.pool, 200);
  const tokens = [await accessToken(url.origin, cluster.pool, { role: 'admin' })];
  const load = cluster.start('faults/bench/load', {});
  await load.nextMessage();
  const order: LoadOrder = { url: url.origin, path, tokens, connections: closedConnections, seconds: peakSeconds };
  const peakOrder = { ...order, url: unlimited.url.origin };
  await measure(load, { ...order, seconds: 4, perSecond: 100, allowsRefusals: true });
  await measure(load, { ...peakOrder, seconds: 4 });
  const [costOf, idleOf] = [processorCost(unlimited.program), idleShare()];
  const before = await measure(load, peakOrder);
  const peakIdle = idleOf();
  const peakCost = costOf(before.requests);
  const [earlier, later] = [new Watch(program, url), new Watch(program, url)];
  const watching = earlier.run((seconds * 1000) / 2).then(async () => {
    await later.run((seconds * 1000) / 2);
  });
  const [loadedCostOf, loadedIdleOf] = [processorCost(program), idleShare()];
  const perSecond = Math.round(2 * before.perSecond);
  const loaded = await measure(load, {
    ...order,
    seconds,
    perSecond,
    connections: openConnections,
    allowsRefusals: true,
  });
  const loadedIdle = loadedIdleOf();
  const { refused = { requests: 0, p50Ms: 0, p99Ms: 0 } } = loaded;
  const loadedCost = loadedCostOf(loaded.requests + refused.requests);
  await watching;
  const after = await measure(load, peakOrder);
  // Other programs use the machine too: what it can serve changes within a minute.
  const peak = (before.perSecond + after.perSecond) / 2;
  const goodput = loaded.perSecond / peak;
  const slowestProbeMs = Math.max(earlier.slowestProbeMs, later.slowestProbeMs);
  const failedProbes = earlier.failedProbes + later.failedProbes;
  program.signal('SIGTERM');
  const code = await program.ended;
  return {
    figures: {
      'peak before and after, requests/s': `${before.perSecond.toFixed(0)}, ${after.perSecond.toFixed(0)}`,
      'offered, requests/s': perSecond,
      'goodput, requests/s': loaded.perSecond.toFixed(0),
      'goodput of peak': goodput.toFixed(2),
      served: loaded.requests,
      refused: refused.requests,
      'served, p50 and p99': `${loaded.p50Ms.toFixed(0)} ms, ${loaded.p99Ms.toFixed(0)} ms`,
      'refused, p50 and p99': `${refused.p50Ms.toFixed(0)} ms, ${refused.p99Ms.toFixed(0)} ms`,
      'sent late by the generator': `${(loaded.lateShare * 100).toFixed(1)} %`,
      'processor time of a request at peak and of one served or refused': `${peakCost}, ${loadedCost}`,
      'idle processor time of the machine at peak and overloaded': `${peakIdle}, ${loadedIdle}`,
      'most memory in each half, MiB': `${earlier.mostMib.toFixed(0)}, ${later.mostMib.toFixed(0)}`,
      'probes, slowest': `${earlier.probes + later.probes}, ${slowestProbeMs.toFixed(0)} ms`,
      'failed probes': failedProbes,
      'exit code': String(code),
    },
    failures: [
      ...(failedProbes === 0 ? [] : ['a probe failed']),
      ...(Math.max(earlier.mostMib, later.mostMib) <= memoryLimitMib ? [] : ['the memory is not bounded']),
      ...(code === 0 ? [] : ['the process did not exit with 0']),
    ],
    timingFailures: [
      ...(later.mostMib <= memoryFactor * earlier.mostMib ? [] : ['the memory still grew']),
      ...(goodput >= leastGoodput ? [] : [`goodput was ${goodput.toFixed(2)} of peak`]),
      ...(refused.p99Ms <= refusedWithinMs ? [] : [`refusals took ${refused.p99Ms.toFixed(0)} ms`]),
    ],
  };
}

async function measure(load: TestProcess, order: LoadOrder): Promise<LoadResult> {
  const result = load.nextMessage<LoadResult>();
  load.send(order);
  return await result;
}

/** Begins to count the processor time of a process; the returned function returns that of one of the requests. */
function processorCost({ pid }: TestProcess): (requests: number) => string {
  const before = processorMsOf(pid) ?? 0;
  return (requests) => `${((((processorMsOf(pid) ?? 0) - before) / requests) * 1000).toFixed(0)} µs`;
}

/**
 * Begins to count the idle processor time of the machine; the returned function returns its share. Generator, service and
 * PostgreSQL use the same processors: without an idle one, each request takes longer than at peak.
 */
function idleShare(): () => string {
  const read = (): { idle: number; all: number } => {
    const times = cpus().map((cpu) => cpu.times);
    return {
      idle: times.reduce((sum, { idle }) => sum + idle, 0),
      all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
    };
  };
  const before = read();
  return () => {
    const after = read();
    return `${(((after.idle - before.idle) / (after.all - before.all)) * 100).toFixed(0)} %`;
  };
}

/** Reads the memory of a process, and sends probes to it. */
class Watch {
  mostMib = 0;
  probes = 0;
  failedProbes = 0;
  slowestProbeMs = 0;

  constructor(
    private readonly program: TestProcess,
    private readonly url: URL,
  ) {}

  async run(forMs: number): Promise<void> {
    for (const end = performance.now() + forMs; performance.now() < end;) {
      this.mostMib = Math.max(this.mostMib, memoryMibOf(this.program.pid) ?? 0);
      await this.probe('/livez');
      await this.probe('/readyz');
      await delay(200);
    }
  }

  private async probe(path: string): Promise<void> {
    const sentAt = performance.now();
    const isOk = await fetch(new URL(path, this.url)).then(
      ({ ok }) => ok,
      () => false,
    );
    this.probes += 1;
    this.slowestProbeMs = Math.max(this.slowestProbeMs, performance.now() - sentAt);
    if (!isOk) this.failedProbes += 1;
  }
}
