import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { apiKillEnqueue } from './api-kill-enqueue.ts';
import { apiKill } from './api-kill.ts';
import { authRaces } from './auth-races.ts';
import { authTiming } from './auth-timing.ts';
import { connectionCuts } from './connection-cuts.ts';
import { fuzz } from './fuzz.ts';
import { interrupted } from './interrupted.ts';
import { keyRaces } from './key-races.ts';
import { poison } from './poison.ts';
import { queueLoss } from './queue-loss.ts';
import { Random } from './random.ts';
import { relayFreeze } from './relay-freeze.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import { spin } from './spin.ts';
import { Stage } from './stage.ts';
import { workerKill } from './worker-kill.ts';
import { workerStop } from './worker-stop.ts';
import { zombie } from './zombie.ts';

const scenarios: Readonly<Record<string, Scenario>> = {
  'worker-kill': workerKill,
  'api-kill-enqueue': apiKillEnqueue,
  'api-kill': apiKill,
  'key-races': keyRaces,
  'connection-cuts': connectionCuts,
  'worker-stop': workerStop,
  zombie,
  'queue-loss': queueLoss,
  'relay-freeze': relayFreeze,
  poison,
  spin,
  fuzz,
  'auth-races': authRaces,
  'auth-timing': authTiming,
};

/** No scenario takes longer than this. */
const deadlineMs = 15 * 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    jobs: { type: 'string' },
    rounds: { type: 'string' },
    requests: { type: 'string' },
  },
});
const [name = ''] = positionals;
const scenario = scenarios[name];
process.exitCode = scenario === undefined ? usage() : await prove(name, scenario);
process.exit();

function usage(): number {
  console.error('npm run prove -- <name> [--seed N] [--jobs N] [--rounds N] [--requests N]\n');
  for (const [each, { about }] of Object.entries(scenarios)) console.error(`  ${each.padEnd(18)}${about}`);
  return 1;
}

/** Runs one scenario on a stage of its own, which is gone afterwards, whatever happened. Returns the exit code. */
async function prove(title: string, { run, defaults }: Scenario): Promise<number> {
  const plan: Plan = {
    jobs: Number(values.jobs ?? defaults.jobs),
    rounds: Number(values.rounds ?? defaults.rounds),
    requests: Number(values.requests ?? defaults.requests ?? 0),
    random: new Random(Number(values.seed ?? randomInt(2 ** 31))),
  };
  const begin = performance.now();
  const stage = await Stage.open();
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => {
      reject(new Error(`not finished within ${deadlineMs / 60_000} minutes`));
    }, deadlineMs).unref();
  });
  try {
    const finding = await Promise.race([run(stage, plan), interrupted(), late]);
    console.log(summary({ title, plan, finding, tookMs: performance.now() - begin }));
    return finding.broken.length + (finding.late ?? []).length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error);
    console.log(`\n  ${title}  seed ${plan.random.seed}\n  verdict   BROKEN: the scenario could not be run\n`);
    return 1;
  } finally {
    await stage.close();
  }
}

function summary(run: { title: string; plan: Plan; finding: Finding; tookMs: number }): string {
  const { title, plan, finding, tookMs } = run;
  const { broken, late } = finding;
  const inTime = late === undefined ? {} : { 'in time': late.length === 0 ? 'yes' : `NO: ${late.join('; ')}` };
  const figures = { ...finding.figures, ...inTime, took: `${Math.round(tookMs / 1000)} s`, seed: plan.random.seed };
  const width = Math.max(...Object.keys(figures).map((figure) => figure.length)) + 2;
  const verdict = broken.length === 0 ? 'HOLDS' : `BROKEN: ${broken.join('; ')}`;
  const lines = Object.entries({ ...figures, verdict }).map(([figure, value]) => `  ${figure.padEnd(width)}${value}`);
  return ['', title, ...lines, ''].join('\n');
}
