import { setTimeout as delay } from 'node:timers/promises';
import { accessToken } from './caller.ts';
import type { Keyed } from './keyed-jobs.ts';
import { accepted, countKeys, keyedJob, sendKeyed } from './keyed-jobs.ts';
import type { Program } from './program.ts';
import type { Random } from './random.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const lanes = 6;
/** A request that is repeated for so long is lost. */
const patienceMs = 120_000;

export const apiKill: Scenario = {
  about: 'kill -9 of the API at random instants under keyed load, every request repeated until it is answered',
  defaults: { jobs: 2000, rounds: 100 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { jobs, rounds, random }: Plan): Promise<Finding> {
  const target = new Target(stage, random, rounds);
  await target.begin();
  const token = await accessToken(target.url, stage.pool);
  const work = target.keepKilling();
  const all: Keyed[] = [];
  const lane = async (): Promise<void> => {
    while (all.length < jobs || !target.done) {
      const request = keyedJob(all.length);
      all.push(request);
      await untilAnswered(request, target, token);
      // An acknowledged key stays acknowledged: some are asked again much later.
      const old = all[random.between(0, all.length - 1)];
      if (old !== undefined && old.answers.length > 0) await untilAnswered(old, target, token);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await work;
  for (const request of all) await untilAnswered(request, target, token);
  const counted = await countKeys(stage.pool);
  const unequal = all.filter(({ answers }) => new Set(answers).size !== 1).length;
  const lostKeys = all.length - counted.keys;
  const attempts = all.reduce((sum, request) => sum + request.attempts, 0);
  return {
    figures: {
      kills: target.kills,
      keys: all.length,
      'requests sent': attempts,
      'requests cut off or refused': attempts - all.reduce((sum, { answers }) => sum + answers.length, 0),
      effects: counted.effects,
      records: counted.records,
      lost: lostKeys,
      doubled: counted.doubled,
      'keys with unequal answers': unequal,
    },
    broken: [
      ...(lostKeys === 0 ? [] : [`${lostKeys} acknowledged keys have no effect`]),
      ...(counted.doubled === 0 ? [] : [`${counted.doubled} keys had their effect more than once`]),
      ...(counted.records === all.length ? [] : ['there is not one record for each key']),
      ...(unequal === 0 ? [] : [`${unequal} keys were answered in different ways`]),
    ],
  };
}

/** Sends it until there is a success, whoever is killed meanwhile. */
async function untilAnswered(request: Keyed, target: Target, token: string): Promise<void> {
  for (const end = Date.now() + patienceMs; Date.now() < end;) {
    request.attempts += 1;
    try {
      const reply = await sendKeyed(target.url, request, token);
      const text = await reply.text();
      if (reply.status === accepted) {
        request.answers.push(text);
        return;
      }
      if (reply.status < 500 && reply.status !== 409) throw new Error(`${request.key} was refused: ${text}`);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith(request.key)) throw error;
      // Cut off, or nobody listens at the moment.
    }
    await delay(5);
  }
  throw new Error(`${request.key} was not answered within ${patienceMs / 1000} s`);
}

/** Two API processes, of which one is killed again and again while the other takes its requests. */
class Target {
  kills = 0;
  private readonly processes: { program: Program; url: string }[] = [];
  private turn = 0;

  constructor(
    private readonly stage: Stage,
    private readonly random: Random,
    private readonly rounds: number,
  ) {}

  get done(): boolean {
    return this.kills >= this.rounds;
  }

  /** Of one of those that should be there, in turns. */
  get url(): string {
    this.turn += 1;
    return this.processes[this.turn % this.processes.length]?.url ?? '';
  }

  async begin(): Promise<void> {
    const programs = [this.stage.api(), this.stage.api()];
    for (const program of programs) this.processes.push({ program, url: await program.ready() });
  }

  async keepKilling(): Promise<void> {
    while (!this.done) {
      await delay(this.random.between(0, 400));
      const at = this.random.between(0, this.processes.length - 1);
      await this.processes[at]?.program.kill();
      this.kills += 1;
      const program = this.stage.api();
      this.processes[at] = { program, url: await program.ready() };
    }
  }
}
