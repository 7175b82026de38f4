import { Agent, request } from 'node:http';
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { accessToken } from '../prove/caller.ts';
import { Stage } from '../prove/stage.ts';
import { inLanes } from './lanes.ts';
import { lanes as usualLanes } from './round.ts';

const { values } = parseArgs({
  options: { requests: { type: 'string' }, rounds: { type: 'string' }, lanes: { type: 'string' } },
});
const requests = Number(values.requests ?? 320);
const rounds = Number(values.rounds ?? 25);
const lanes = Number(values.lanes ?? usualLanes);

/** What is measured, each in turns with the others. */
const names = ['unkeyed', 'keyed', 'get', 'replay'] as const;
type Name = (typeof names)[number];

const stage = await Stage.open({ logs: false });
try {
  console.log(await measure());
} finally {
  await stage.close();
}
process.exit();

async function measure(): Promise<string> {
  const url = await stage.api().ready();
  const token = await accessToken(url, stage.pool);
  const agent = new Agent({ keepAlive: true, maxSockets: lanes });
  const runAt = new Date(Date.now() + 86_400_000).toISOString();
  const job = JSON.stringify({ type: 'prove.bare', payload: { key: 'a job' }, runAt });
  const post = async (key?: string): Promise<void> => {
    const keyed = key === undefined ? {} : { 'idempotency-key': key };
    const json = { 'content-type': 'application/json', 'content-length': String(job.length) };
    await send(`${url}/v1/jobs`, { method: 'POST', agent, headers: { ...bearer, ...json, ...keyed } }, job);
  };
  const bearer = { authorization: `Bearer ${token}` };
  const replayed = randomUUID();
  await post(replayed);
  const contenders: Record<Name, () => Promise<void>> = {
    unkeyed: async () => {
      await post();
    },
    keyed: async () => {
      await post(randomUUID());
    },
    get: async () => {
      await send(`${url}/v1/users/me`, { method: 'GET', agent, headers: bearer });
    },
    replay: async () => {
      await post(replayed);
    },
  };
  const perSecond: Record<Name, number[]> = { unkeyed: [], keyed: [], get: [], replay: [] };
  for (let round = -1; round < rounds; round += 1) {
    // Neighbours in time are compared, and none of them always comes first.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const figure = await rate(contenders[name]);
      if (round >= 0) perSecond[name].push(figure);
    }
  }
  return markdown(perSecond);
}

async function rate(contender: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await inLanes(requests, lanes, contender);
  return (requests / (performance.now() - begin)) * 1000;
}

async function send(url: string, options: Parameters<typeof request>[1], body?: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const call = request(url, options as object, (reply) => {
      reply.resume().on('end', () => {
        if (reply.statusCode === 200 || reply.statusCode === 202) resolve();
        else reject(new Error(`${url} answered ${reply.statusCode ?? 0}`));
      });
    });
    call.on('error', reject).end(body);
  });
}

function markdown(perSecond: Record<Name, number[]>): string {
  const row = (name: string, figures: readonly number[], digits: number, goal = ''): string =>
    `| ${name} | ${quantile(figures, 0.25).toFixed(digits)} – ${quantile(figures, 0.75).toFixed(digits)} | ${quantile(figures, 0.5).toFixed(digits)} | ${goal} |`;
  const ratios = (one: Name, other: Name): number[] =>
    perSecond[one].map((f, round) => f / (perSecond[other][round] ?? 1));
  return [
    `${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.version}; ${rounds} rounds of ${requests} requests, ${lanes} connections`,
    '',
    '| | middle half of the rounds | median | goal |',
    '| --- | --- | --- | --- |',
    row('POST /v1/jobs without a key, per second', perSecond.unkeyed, 0),
    row('POST /v1/jobs with a new key, per second', perSecond.keyed, 0),
    row('keyed ÷ unkeyed', ratios('keyed', 'unkeyed'), 2, '≥ 0.75'),
    row('GET /v1/users/me, per second', perSecond.get, 0),
    row('replay, per second', perSecond.replay, 0),
    row('replay ÷ GET', ratios('replay', 'get'), 2, '≥ 0.9'),
  ].join('\n');
}

function quantile(figures: readonly number[], part: number): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length * part)] ?? 0;
}
