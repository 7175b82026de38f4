import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { apiKillEnqueue } from './api-kill-enqueue.ts';
import { apiKill } from './api-kill.ts';
import { authRaces } from './auth-races.ts';
import { authTiming } from './auth-timing.ts';
import { badNetwork } from './bad-network.ts';
import { claimFreeze } from './claim-freeze.ts';
import { connectionCuts } from './connection-cuts.ts';
import { fuzz } from './fuzz.ts';
import { importKill } from './import-kill.ts';
import { interrupted } from '../harness/process/interrupted.ts';
import { keyRaces } from './key-races.ts';
import { manySessions } from './many-sessions.ts';
import { recordProof } from '../harness/process/proof.ts';
import { runAll } from './run-all.ts';
import { notificationLoss } from './notification-loss.ts';
import { overload } from './overload.ts';
import { poison } from './poison.ts';
import { postgresStop } from './postgres-stop.ts';
import { Random } from '../harness/process/random.ts';
import { redisMode } from '../harness/redis/redis-mode.ts';
import { redisFailover, redisFlush, redisStop } from './redis-outages.ts';
import { rollingRestart } from './rolling-restart.ts';
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
  'rolling-restart': rollingRestart,
  'postgres-stop': postgresStop,
  overload,
  'bad-network': badNetwork,
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
    short: { type: 'boolean' },
    record: { type: 'boolean' },
  },
} as const;

const { values, positionals } = parsed();
const [name = ''] = positionals;
process.exitCode = name === 'all' ? await runAll(Object.keys(scenarios), values.record === true) : await runOne();
process.exit();

async function runOne(): Promise<number> {
  const scenario = scenarios[name];
  return scenario === undefined ? usage() : await runScenario(name, scenario);
}

function parsed(): ReturnType<typeof parseArgs<typeof config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (error instanceof TypeError) console.error(`${error.message}\n`);
    process.exit(usage());
  }
}

function usage(): number {
  const sizes = '[--short] [--jobs N] [--rounds N] [--requests N]';
  console.error(`npm run test:faults -- <name> [--seed N] ${sizes} [--record]`);
  console.error('npm run test:faults -- all [--record]    the short form of each, and one table\n');
  for (const [each, { description }] of Object.entries(scenarios)) console.error(`  ${each.padEnd(18)}${description}`);
  return 1;
}

/** Runs one scenario on a cluster of its own and removes the cluster afterwards. Returns the exit code. */
async function runScenario(title: string, scenario: Scenario): Promise<number> {
  const { run, defaults, short, promise, needsRedis = false, stopsPostgres = false } = scenario;
  const size = { ...defaults, ...(values.short === true && short) };
  const options: ScenarioOptions = {
    jobs: Number(values.jobs ?? size.jobs),
    rounds: Number(values.rounds ?? size.rounds),
    requests: Number(values.requests ?? size.requests ?? 0),
    random: new Random(Number(values.seed ?? randomInt(2 ** 31))),
  };
  const startedAt = performance.now();
  const cluster = await TestCluster.open({
    withRedis: needsRedis || redisMode === 'on',
    hasOwnServer: stopsPostgres,
  });
  const deadline = new Promise<never>((_, reject) => {
    setTimeout(() => {
      reject(new Error(`The scenario did not finish within ${deadlineMs / 60_000} minutes`));
    }, deadlineMs).unref();
  });
  try {
    const result = await Promise.race([run(cluster, options), interrupted(), deadline]);
    const figures = figuresOf({ options, result, tookMs: performance.now() - startedAt });
    console.log(summaryOf(title, figures));
    if (values.record === true) {
      const command = `npm run test:faults -- ${process.argv
        .slice(2)
        .filter((each) => each !== '--record')
        .join(' ')}`;
      await recordProof({ name: proofName(title), promise, command, figures }, cluster.pool);
    }
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
  readonly options: ScenarioOptions;
  readonly result: ScenarioResult;
  readonly tookMs: number;
}

function figuresOf({ options, result, tookMs }: ScenarioRun): Readonly<Record<string, string | number>> {
  const { failures, timingFailures } = result;
  return {
    ...result.figures,
    ...(timingFailures !== undefined && { 'within time limits': verdictOf(timingFailures) }),
    took: `${Math.round(tookMs / 1000)} s`,
    seed: options.random.seed,
    result: verdictOf(failures),
  };
}

function summaryOf(title: string, figures: Readonly<Record<string, string | number>>): string {
  const width = Math.max(...Object.keys(figures).map((figure) => figure.length)) + 2;
  const lines = Object.entries(figures).map(([figure, value]) => `  ${figure.padEnd(width)}${value}`);
  return ['', title, ...lines, ''].join('\n');
}

/** Both dispatchers have records of their own. */
function proofName(title: string): string {
  return redisMode === 'on' ? `${title}-redis` : title;
}

function verdictOf(failures: readonly string[]): string {
  return failures.length === 0 ? 'PASS' : `FAIL: ${failures.join('; ')}`;
}
