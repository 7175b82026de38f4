import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { apiKillEnqueue } from './api-kill-enqueue.ts';
import { apiKill } from './api-kill.ts';
import { authRaces } from './auth-races.ts';
import { authTiming } from './auth-timing.ts';
import { claimFreeze } from './claim-freeze.ts';
import { connectionCuts } from './connection-cuts.ts';
import { fuzz } from './fuzz.ts';
import { importKill } from './import-kill.ts';
import { interrupted } from '../harness/process/interrupted.ts';
import { keyRaces } from './key-races.ts';
import { manySessions } from './many-sessions.ts';
import { notificationLoss } from './notification-loss.ts';
import { poison } from './poison.ts';
import { Random } from '../harness/process/random.ts';
import { redisMode } from '../harness/redis/redis-mode.ts';
import { redisFailover, redisFlush, redisStop } from './redis-outages.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import { restoreDrill } from './restore-drill.ts';
import { secretRotation } from './secret-rotation.ts';
import { eventLoopBlock } from './event-loop-block.ts';
import { threadBlock } from './thread-block.ts';
import { TestCluster } from '../harness/process/test-cluster.ts';
import { workerKill } from './worker-kill.ts';
import { workerStop } from './worker-stop.ts';
import { zombie } from './zombie.ts';

const scenarios: Readonly<Record<string, Scenario>> = {
  'worker-kill': workerKill,
  'api-kill-enqueue': apiKillEnqueue,
  'api-kill': apiKill,
  'key-races': keyRaces,
  'connection-cuts': connectionCuts,
  'import-kill': importKill,
  'worker-stop': workerStop,
  zombie,
  'notification-loss': notificationLoss,
  'claim-freeze': claimFreeze,
  'redis-stop': redisStop,
  'redis-flush': redisFlush,
  'redis-failover': redisFailover,
  poison,
  'event-loop-block': eventLoopBlock,
  'thread-block': threadBlock,
  fuzz,
  'auth-races': authRaces,
  'auth-timing': authTiming,
  'many-sessions': manySessions,
  'secret-rotation': secretRotation,
  'restore-drill': restoreDrill,
};

/** A scenario that takes longer fails. */
const deadlineMs = 30 * 60_000;

const config = {
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    jobs: { type: 'string' },
    rounds: { type: 'string' },
    requests: { type: 'string' },
  },
} as const;

const { values, positionals } = parsed();
const [name = ''] = positionals;
const scenario = scenarios[name];
process.exitCode = scenario === undefined ? usage() : await runScenario(name, scenario);
process.exit();

function parsed(): ReturnType<typeof parseArgs<typeof config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (error instanceof TypeError) console.error(`${error.message}\n`);
    process.exit(usage());
  }
}

function usage(): number {
  console.error('npm run test:faults -- <name> [--seed N] [--jobs N] [--rounds N] [--requests N]\n');
  for (const [each, { description }] of Object.entries(scenarios)) console.error(`  ${each.padEnd(18)}${description}`);
  return 1;
}

/** Runs one scenario on a cluster of its own and removes the cluster afterwards. Returns the exit code. */
async function runScenario(title: string, { run, defaults, needsRedis = false }: Scenario): Promise<number> {
  const options: ScenarioOptions = {
    jobs: Number(values.jobs ?? defaults.jobs),
    rounds: Number(values.rounds ?? defaults.rounds),
    requests: Number(values.requests ?? defaults.requests ?? 0),
    random: new Random(Number(values.seed ?? randomInt(2 ** 31))),
  };
  const startedAt = performance.now();
  const cluster = await TestCluster.open({ withRedis: needsRedis || redisMode === 'on' });
  const deadline = new Promise<never>((_, reject) => {
    setTimeout(() => {
      reject(new Error(`The scenario did not finish within ${deadlineMs / 60_000} minutes`));
    }, deadlineMs).unref();
  });
  try {
    const result = await Promise.race([run(cluster, options), interrupted(), deadline]);
    console.log(summaryOf({ title, options, result, tookMs: performance.now() - startedAt }));
    return result.failures.length + (result.timingFailures ?? []).length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error);
    console.log(`\n  ${title}  seed ${options.random.seed}\n  result   FAIL: the scenario did not run to its end\n`);
    return 1;
  } finally {
    await cluster.close();
  }
}

interface ScenarioRun {
  readonly title: string;
  readonly options: ScenarioOptions;
  readonly result: ScenarioResult;
  readonly tookMs: number;
}

function summaryOf({ title, options, result, tookMs }: ScenarioRun): string {
  const { failures, timingFailures } = result;
  const figures = {
    ...result.figures,
    ...(timingFailures !== undefined && { 'within time limits': verdictOf(timingFailures) }),
    took: `${Math.round(tookMs / 1000)} s`,
    seed: options.random.seed,
    result: verdictOf(failures),
  };
  const width = Math.max(...Object.keys(figures).map((figure) => figure.length)) + 2;
  const lines = Object.entries(figures).map(([figure, value]) => `  ${figure.padEnd(width)}${value}`);
  return ['', title, ...lines, ''].join('\n');
}

function verdictOf(failures: readonly string[]): string {
  return failures.length === 0 ? 'PASS' : `FAIL: ${failures.join('; ')}`;
}
