import { parseArgs } from 'node:util';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import type { Proof } from '../test/harness/process/proof.ts';
import { BareQueue } from './bare-queue.ts';
import { median, percentile, ratio } from './figures.ts';
import type { Machine } from './machine.ts';
import { machineWith, nameOf } from './machine.ts';
import { report } from './report.ts';
import type { Round } from './round.ts';
import { connections } from './round.ts';
import { Service } from './service.ts';

const warmUp = 500;

const { values } = parseArgs({
  options: {
    jobs: { type: 'string' },
    rounds: { type: 'string' },
    redis: { type: 'boolean', default: false },
    record: { type: 'boolean' },
  },
});
const jobs = Number(values.jobs ?? 2000);
const rounds = Number(values.rounds ?? 5);

/** The figures of the table and of the JSON. */
interface Figures {
  readonly machine: Machine;
  readonly settings: { jobs: number; rounds: number; connections: number; concurrency: number; redis: string | null };
  /** Jobs per second of each round, from a backlog. */
  readonly exactlyOnce: readonly number[];
  readonly bareQueue: readonly number[];
  /** Of each round; its two halves run one directly after the other. */
  readonly throughputRatios: readonly number[];
  /** The same while the jobs are enqueued over HTTP, and while the messages are added. */
  readonly throughApi: readonly number[];
  readonly bareAdded: readonly number[];
  readonly throughApiRatios: readonly number[];
  readonly transactionsPerJob: { exactlyOnce: number; bareQueue: number };
  readonly startP50Ms: number;
  readonly startP99Ms: number;
}

await report(measure, markdown, {
  withRedis: values.redis,
  ...(values.record === true && { proof }),
});

function proof(figures: Figures): Omit<Proof, 'command'> {
  return {
    name: values.redis ? 'bench:jobs-redis' : 'bench:jobs',
    promise: 'Jobs with effects exactly once are fast, compared with a bare BullMQ worker that inserts the same row.',
    figures: {
      'jobs per second': median(figures.exactlyOnce),
      'bare BullMQ': median(figures.bareQueue),
      ratio: median(figures.throughputRatios),
      'start p50, p99': `${figures.startP50Ms} ms, ${figures.startP99Ms} ms`,
    },
  };
}

async function measure(cluster: TestCluster): Promise<Figures> {
  await cluster.pool.query(
    'CREATE TABLE bare_effects (job_id uuid NOT NULL, at timestamptz DEFAULT clock_timestamp())',
  );
  const service = await Service.start(cluster);
  const bare = await BareQueue.start(cluster);
  await service.run(warmUp);
  await bare.run(warmUp);
  const exactlyOnce: Round[] = [];
  const bareQueue: Round[] = [];
  const throughApi: Round[] = [];
  const bareAdded: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    exactlyOnce.push(await service.drain(jobs));
    bareQueue.push(await bare.drain(jobs));
    throughApi.push(await service.run(jobs));
    bareAdded.push(await bare.run(jobs));
  }
  await bare.stop();
  const starts = await service.latencies();
  await service.stop();
  return {
    machine: await machineWith(cluster.pool),
    settings: { jobs, rounds, connections, concurrency: 5, redis: await redisVersion(cluster) },
    exactlyOnce: exactlyOnce.map(({ perSecond }) => Math.round(perSecond)),
    bareQueue: bareQueue.map(({ perSecond }) => Math.round(perSecond)),
    throughputRatios: ratiosOf(exactlyOnce, bareQueue),
    throughApi: throughApi.map(({ perSecond }) => Math.round(perSecond)),
    bareAdded: bareAdded.map(({ perSecond }) => Math.round(perSecond)),
    throughApiRatios: ratiosOf(throughApi, bareAdded),
    transactionsPerJob: {
      exactlyOnce: Number(median(exactlyOnce.map(({ transactions }) => transactions)).toFixed(1)),
      bareQueue: Number(median(bareQueue.map(({ transactions }) => transactions)).toFixed(1)),
    },
    startP50Ms: Number(percentile(starts, 0.5).toFixed(1)),
    startP99Ms: Number(percentile(starts, 0.99).toFixed(1)),
  };
}

async function redisVersion({ redis }: TestCluster): Promise<string | null> {
  const info = await redis?.run(async (client) => await client.info('server'));
  return /^redis_version:(\S+)/m.exec(info ?? '')?.[1] ?? null;
}

function ratiosOf(rounds: readonly Round[], others: readonly Round[]): number[] {
  return rounds.map(({ perSecond }, at) => ratio(perSecond, others[at]?.perSecond ?? 0));
}

function markdown(figures: Figures): string {
  const { machine, settings } = figures;
  const list = (values: readonly number[]): string => values.join(', ');
  const goals = settings.redis === null ? { perSecond: '≥ 1,000', ratio: '≥ 2' } : { perSecond: '', ratio: '≥ 0.5' };
  return [
    `${nameOf(machine)}${settings.redis === null ? '' : `, Redis ${settings.redis}`}; ${settings.rounds} rounds of ${settings.jobs} jobs,`,
    `${settings.connections} connections, worker concurrency ${settings.concurrency}`,
    '',
    '| | figure | goal |',
    '|---|---|---|',
    `| jobs from a backlog, exactly once, per second | ${list(figures.exactlyOnce)} | ${goals.perSecond} |`,
    `| bare BullMQ from a backlog, per second | ${list(figures.bareQueue)} | |`,
    `| jobs through the API, exactly once, per second | ${list(figures.throughApi)} | |`,
    `| bare BullMQ while messages are added, per second | ${list(figures.bareAdded)} | |`,
    `| median ratio through the API | ${median(figures.throughApiRatios)} | |`,
    `| ratio from a backlog, each round | ${list(figures.throughputRatios)} | |`,
    `| median ratio from a backlog | **${median(figures.throughputRatios)}** | ${goals.ratio} |`,
    `| transactions per job, and bare | ${figures.transactionsPerJob.exactlyOnce}, ${figures.transactionsPerJob.bareQueue} | |`,
    `| from the row to the begin of the work, p50 | **${figures.startP50Ms} ms** | ≤ 10 ms |`,
    `| the same, p99 | **${figures.startP99Ms} ms** | ≤ 50 ms |`,
    '',
  ].join('\n');
}
