import { Agent, request } from 'node:http';
import { randomUUID } from 'node:crypto';
import { accessToken } from '../test/faults/caller.ts';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import { administrators } from './seeded-users.ts';
import { median, ratio } from './figures.ts';
import { inParallel } from './in-parallel.ts';

/** The measured requests, in interleaved rounds. */
const names = ['unkeyed', 'keyed', 'unkeyedInvitation', 'keyedInvitation', 'get', 'replay'] as const;
type Name = (typeof names)[number];

/** Requests per second of each round. */
export type KeyFigures = Readonly<Record<Name, readonly number[]>>;

/** The size of the measurement. */
export interface KeySettings {
  readonly rounds: number;
  readonly requests: number;
  readonly connections: number;
}

/**
 * What idempotency keys cost: POST /v1/jobs with and without one (without, it is a single statement), POST /v1/users
 * with and without one (a transaction either way, of a user, a mail, a job and an audit event), and a replay compared
 * with GET /v1/users/me.
 */
export async function measureKeys(
  cluster: TestCluster,
  { rounds, requests, connections }: KeySettings,
): Promise<KeyFigures> {
  const api = cluster.api();
  const url = await api.ready();
  const token = await accessToken(url, cluster.pool);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const runAt = new Date(Date.now() + 86_400_000).toISOString();
  const job = JSON.stringify({ type: 'scenario.bare', payload: { key: 'a job' }, runAt });
  const post = async (key?: string): Promise<void> => {
    const keyed = key === undefined ? {} : { 'idempotency-key': key };
    const json = { 'content-type': 'application/json', 'content-length': String(job.length) };
    await send(`${url}/v1/jobs`, { method: 'POST', agent, headers: { ...bearer, ...json, ...keyed } }, job);
  };
  const bearer = { authorization: `Bearer ${token}` };
  const [administrator = ''] = await administrators(url, cluster.pool, 1);
  const invite = async (key?: string): Promise<void> => {
    const body = JSON.stringify({ email: `${randomUUID()}@example.com` });
    const keyed = key === undefined ? {} : { 'idempotency-key': key };
    const json = { 'content-type': 'application/json', 'content-length': String(body.length) };
    const headers = { authorization: `Bearer ${administrator}`, ...json, ...keyed };
    await send(`${url}/v1/users`, { method: 'POST', agent, headers }, body);
  };
  const replayed = randomUUID();
  await post(replayed);
  const measured: Record<Name, () => Promise<void>> = {
    unkeyed: async () => {
      await post();
    },
    keyed: async () => {
      await post(randomUUID());
    },
    unkeyedInvitation: async () => {
      await invite();
    },
    keyedInvitation: async () => {
      await invite(randomUUID());
    },
    get: async () => {
      await send(`${url}/v1/users/me`, { method: 'GET', agent, headers: bearer });
    },
    replay: async () => {
      await post(replayed);
    },
  };
  const perSecond: Record<Name, number[]> = {
    unkeyed: [],
    keyed: [],
    unkeyedInvitation: [],
    keyedInvitation: [],
    get: [],
    replay: [],
  };
  for (let round = -1; round < rounds; round += 1) {
    // Adjacent rounds are compared, in alternating order.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const figure = await rate(measured[name], { requests, connections });
      if (round >= 0) perSecond[name].push(figure);
    }
  }
  await api.kill();
  return perSecond;
}

/** Of adjacent rounds. */
export function keyedRatios(figures: KeyFigures): { keyed: number[]; keyedInvitation: number[]; replay: number[] } {
  const ratios = (one: Name, other: Name): number[] =>
    figures[one].map((figure, round) => figure / (figures[other][round] ?? 1));
  return {
    keyed: ratios('keyed', 'unkeyed'),
    keyedInvitation: ratios('keyedInvitation', 'unkeyedInvitation'),
    replay: ratios('replay', 'get'),
  };
}

/** The rows for the table of bench:http. */
export function keyRows(keys: KeyFigures): string[] {
  const ratios = keyedRatios(keys);
  return [
    `| POST /v1/jobs keyed ÷ unkeyed | ${Math.round(median(keys.keyed))} ÷ ${Math.round(median(keys.unkeyed))} | **${ratio(median(ratios.keyed), 1)}** | ≥ 0.75 |`,
    `| POST /v1/users keyed ÷ unkeyed | ${Math.round(median(keys.keyedInvitation))} ÷ ${Math.round(median(keys.unkeyedInvitation))} | **${ratio(median(ratios.keyedInvitation), 1)}** | ≥ 0.75 |`,
    `| replay ÷ GET | ${Math.round(median(keys.replay))} ÷ ${Math.round(median(keys.get))} | **${ratio(median(ratios.replay), 1)}** | ≥ 0.9 |`,
  ];
}

async function rate(
  work: () => Promise<void>,
  { requests, connections }: Pick<KeySettings, 'requests' | 'connections'>,
): Promise<number> {
  const begin = performance.now();
  await inParallel(requests, connections, work);
  return (requests / (performance.now() - begin)) * 1000;
}

async function send(url: string, options: Parameters<typeof request>[1], body?: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const call = request(url, options as object, (reply) => {
      reply.resume().on('end', () => {
        if (reply.statusCode !== undefined && reply.statusCode < 300) resolve();
        else reject(new Error(`${url} returned ${reply.statusCode ?? 0}`));
      });
    });
    call.on('error', reject).end(body);
  });
}
