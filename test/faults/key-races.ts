import { accessToken } from './caller.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

const concurrency = 48;
/** How often each key is sent, to either process. */
const perKey = 20;

export const keyRaces: Scenario = {
  description: 'concurrent requests with the same keys to two API processes, each key many times',
  promise: 'Concurrent requests with one idempotency key have one effect.',
  defaults: { jobs: 1000, rounds: perKey },
  short: { jobs: 10 },
  run,
};

/** The successful responses of one key. */
interface KeyResponses {
  readonly firsts: string[];
  readonly replayed: string[];
}

async function run(cluster: TestCluster, { jobs: keys, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const urls = await Promise.all([cluster.api().ready(), cluster.api().ready()]);
  const [first] = urls;
  const token = await accessToken(first, cluster.pool);
  const responses = Array.from({ length: keys }, (): KeyResponses => ({ firsts: [], replayed: [] }));
  let conflicts = 0;
  let others = 0;
  const send = async (at: number): Promise<void> => {
    const response = await fetch(`${urls[random.between(0, 1)] ?? ''}/v1/jobs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `race-${at}`,
      },
      body: JSON.stringify({ type: 'scenario.bare', payload: { key: `race ${at}` } }),
    });
    const text = await response.text();
    if (response.status === 409) conflicts += 1;
    else if (response.status !== 202) others += 1;
    else if (response.headers.has('idempotency-replayed')) responses[at]?.replayed.push(text);
    else responses[at]?.firsts.push(text);
  };
  // Requests of adjacent keys overlap: each is moved by up to three places.
  const order = Array.from({ length: keys * rounds }, (_, n) => Math.floor(n / rounds))
    .map((at) => ({ at, place: at + random.next() * 3 }))
    .sort((a, b) => a.place - b.place)
    .map(({ at }) => at);
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let at = order.pop(); at !== undefined; at = order.pop()) await send(at);
    }),
  );
  const { rows } = await cluster.pool.query<{ effects: number; distinct: number }>(
    `SELECT count(*)::int AS effects, count(DISTINCT payload ->> 'key')::int AS distinct FROM jobs WHERE type = 'scenario.bare'`,
  );
  const [{ effects, distinct } = { effects: 0, distinct: 0 }] = rows;
  const different = responses.filter(({ firsts, replayed }) => new Set([...firsts, ...replayed]).size > 1).length;
  const executed = responses.reduce((sum, { firsts }) => sum + firsts.length, 0);
  return {
    figures: {
      keys: keys,
      requests: keys * rounds,
      executed: executed,
      replayed: responses.reduce((sum, { replayed }) => sum + replayed.length, 0),
      '409 while the first request runs': conflicts,
      'other responses': others,
      effects,
      doubled: effects - distinct,
      'keys with different responses': different,
    },
    failures: [
      ...(effects === distinct ? [] : [`${effects - distinct} duplicate effects`]),
      ...(distinct === keys && executed === keys ? [] : ['a key was not executed exactly once']),
      ...(different === 0 ? [] : [`${different} keys got different responses`]),
      ...(others === 0 ? [] : [`${others} requests got another response`]),
    ],
  };
}
