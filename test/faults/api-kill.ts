import { setTimeout as delay } from 'node:timers/promises';
import { accessToken, logIn } from './caller.ts';
import type { Keyed } from './keyed-jobs.ts';
import { accepted, countKeys, keyedJob, sendKeyed, sendKeyedMutation } from './keyed-jobs.ts';
import type { TestProcess } from '../harness/process/test-process.ts';
import type { Random } from '../harness/process/random.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

const concurrency = 6;
/** A request without a success after this time is lost. */
const requestTimeoutMs = 120_000;

export const apiKill: Scenario = {
  description:
    'API processes get SIGKILL at random times under keyed load, of the API and of GraphQL; every request is retried until ' +
    'it succeeds',
  promise: 'A killed API process loses no acknowledged write; a repeated request has one effect and one response.',
  defaults: { jobs: 2000, rounds: 100 },
  short: { jobs: 40, rounds: 3 },
  run,
};

/** A key that the API or GraphQL receives. */
interface Sent extends Keyed {
  readonly send: typeof sendKeyedMutation;
}

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const target = new KilledApis(cluster, random, rounds);
  await target.start();
  const caller = { token: await accessToken(target.url, cluster.pool) };
  const work = target.keepKilling();
  const all: Sent[] = [];
  const sendRequests = async (): Promise<void> => {
    while (all.length < jobs || !target.done) {
      const request = { ...keyedJob(all.length), send: all.length % 2 === 0 ? sendKeyed : sendKeyedMutation };
      all.push(request);
      await retryUntilSuccess(request, target, caller);
      // The stored response must not change: some keys are sent again much later.
      const earlier = all[random.between(0, all.length - 1)];
      if (earlier !== undefined && earlier.responses.length > 0) await retryUntilSuccess(earlier, target, caller);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sendRequests));
  await work;
  for (const request of all) await retryUntilSuccess(request, target, caller);
  const counted = await countKeys(cluster.pool);
  const different = all.filter(({ responses }) => new Set(responses).size !== 1).length;
  const lostKeys = all.length - counted.keys;
  const attempts = all.reduce((sum, request) => sum + request.attempts, 0);
  return {
    figures: {
      kills: target.kills,
      keys: all.length,
      'requests sent': attempts,
      'requests without success': attempts - all.reduce((sum, { responses }) => sum + responses.length, 0),
      effects: counted.effects,
      records: counted.records,
      lost: lostKeys,
      doubled: counted.doubled,
      'keys with different responses': different,
    },
    failures: [
      ...(lostKeys === 0 ? [] : [`${lostKeys} acknowledged keys have no effect`]),
      ...(counted.doubled === 0 ? [] : [`${counted.doubled} keys have more than one effect`]),
      ...(counted.records === all.length ? [] : ['there is not one record for each key']),
      ...(different === 0 ? [] : [`${different} keys got different responses`]),
    ],
  };
}

/** Sends a request until it succeeds. On a slow machine, the access token expires meanwhile. */
async function retryUntilSuccess(request: Sent, target: KilledApis, caller: { token: string }): Promise<void> {
  for (const end = Date.now() + requestTimeoutMs; Date.now() < end;) {
    request.attempts += 1;
    try {
      const response = await request.send(target.url, request, caller.token);
      const text = await response.text();
      if (response.status === 401) {
        caller.token = await logIn(target.url);
        continue;
      }
      if (response.status === accepted) {
        request.responses.push(text);
        return;
      }
      if (response.status < 500 && response.status !== 409) throw new Error(`${request.key} was rejected: ${text}`);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith(request.key)) throw error;
      // The connection ended, or the process does not listen yet.
    }
    await delay(5);
  }
  throw new Error(`${request.key} had no success within ${requestTimeoutMs / 1000} s`);
}

/** Two API processes: one is killed and replaced, repeatedly, while the other one serves. */
class KilledApis {
  kills = 0;
  private readonly processes: { program: TestProcess; url: string }[] = [];
  private turn = 0;

  constructor(
    private readonly cluster: TestCluster,
    private readonly random: Random,
    private readonly rounds: number,
  ) {}

  get done(): boolean {
    return this.kills >= this.rounds;
  }

  /** The URLs of both in turn. */
  get url(): string {
    this.turn += 1;
    return this.processes[this.turn % this.processes.length]?.url ?? '';
  }

  async start(): Promise<void> {
    const programs = [this.cluster.api({ GRAPHQL: 'on' }), this.cluster.api({ GRAPHQL: 'on' })];
    for (const program of programs) this.processes.push({ program, url: await program.ready() });
  }

  async keepKilling(): Promise<void> {
    while (!this.done) {
      await delay(this.random.between(0, 400));
      const at = this.random.between(0, this.processes.length - 1);
      await this.processes[at]?.program.kill();
      this.kills += 1;
      const program = this.cluster.api({ GRAPHQL: 'on' });
      this.processes[at] = { program, url: await program.ready() };
    }
  }
}
