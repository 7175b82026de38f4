import { accessToken } from './caller.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const lanes = 48;
/** Each key is sent this often, to either process. */
const perKey = 20;

export const keyRaces: Scenario = {
  about: 'requests that race for the same keys on two API processes, each key many times',
  defaults: { jobs: 1000, rounds: perKey },
  run: async (stage, plan) => await run(stage, plan),
};

/** What was answered under one key. */
interface Answers {
  readonly firsts: string[];
  readonly repeated: string[];
}

async function run(stage: Stage, { jobs: keys, rounds, random }: Plan): Promise<Finding> {
  const urls = await Promise.all([stage.api().ready(), stage.api().ready()]);
  const [first] = urls;
  const token = await accessToken(first, stage.pool);
  const answers = Array.from({ length: keys }, (): Answers => ({ firsts: [], repeated: [] }));
  let running = 0;
  let others = 0;
  const send = async (at: number): Promise<void> => {
    const reply = await fetch(`${urls[random.between(0, 1)] ?? ''}/v1/jobs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `race-${at}`,
      },
      body: JSON.stringify({ type: 'prove.bare', payload: { key: `race ${at}` } }),
    });
    const text = await reply.text();
    if (reply.status === 409) running += 1;
    else if (reply.status !== 202) others += 1;
    else if (reply.headers.has('idempotency-replayed')) answers[at]?.repeated.push(text);
    else answers[at]?.firsts.push(text);
  };
  // Neighbours race: each key's requests are drawn into a window around it.
  const order = Array.from({ length: keys * rounds }, (_, n) => Math.floor(n / rounds))
    .map((at) => ({ at, place: at + random.next() * 3 }))
    .sort((a, b) => a.place - b.place)
    .map(({ at }) => at);
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let at = order.pop(); at !== undefined; at = order.pop()) await send(at);
    }),
  );
  const { rows } = await stage.pool.query<{ effects: number; distinct: number }>(
    `SELECT count(*)::int AS effects, count(DISTINCT payload ->> 'key')::int AS distinct FROM jobs WHERE type = 'prove.bare'`,
  );
  const [{ effects, distinct } = { effects: 0, distinct: 0 }] = rows;
  const unequal = answers.filter(({ firsts, repeated }) => new Set([...firsts, ...repeated]).size > 1).length;
  const executed = answers.reduce((sum, { firsts }) => sum + firsts.length, 0);
  return {
    figures: {
      keys: keys,
      requests: keys * rounds,
      'answered as the first': executed,
      'answered as a repetition': answers.reduce((sum, { repeated }) => sum + repeated.length, 0),
      'answered 409 while the first ran': running,
      'answered anything else': others,
      effects,
      doubled: effects - distinct,
      'keys with unequal answers': unequal,
    },
    broken: [
      ...(effects === distinct ? [] : [`${effects - distinct} effects too many`]),
      ...(distinct === keys && executed === keys ? [] : ['a key was not executed exactly once']),
      ...(unequal === 0 ? [] : [`${unequal} keys were answered in different ways`]),
      ...(others === 0 ? [] : [`${others} requests were answered otherwise`]),
    ],
  };
}
