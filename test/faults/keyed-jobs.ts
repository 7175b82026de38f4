import type { Pool } from 'pg';

/** A request that enqueues a job under a key, and the bodies of its successful responses. */
export interface Keyed {
  readonly key: string;
  readonly body: string;
  readonly responses: string[];
  attempts: number;
}

/** The status of a successful request. */
export const accepted = 202;

/** The request with this number. */
export function keyedJob(at: number): Keyed {
  const key = `key ${at}`;
  return { key, body: JSON.stringify({ type: 'scenario.bare', payload: { key } }), responses: [], attempts: 0 };
}

/** Sends it once. */
export async function sendKeyed(url: string, { key, body }: Keyed, token: string): Promise<Response> {
  return await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': `"${key}"` },
    body,
  });
}

const mutation = `mutation ($input: CreateJobInput!, $key: String) {
  createJob(input: $input, idempotencyKey: $key) { id type }
}`;

interface MutationResult {
  readonly data?: object;
  readonly errors?: readonly { readonly extensions: { readonly status: number } }[];
}

/** Sends it once as a mutation of GraphQL; returns the status and the body that it would have in the API. */
export async function sendKeyedMutation(
  url: string,
  { key, body }: Keyed,
  token: string,
): Promise<Pick<Response, 'status' | 'text'>> {
  const variables = { input: JSON.parse(body) as unknown, key: `"${key}"` };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: mutation, variables }),
  });
  if (response.status !== 200) return response;
  const { data, errors } = (await response.json()) as MutationResult;
  const [error] = errors ?? [];
  const text = JSON.stringify(error ?? data);
  return { status: error?.extensions.status ?? accepted, text: async () => await Promise.resolve(text) };
}

/** Counts over all keys. */
export interface KeyCounts {
  readonly keys: number;
  readonly effects: number;
  readonly doubled: number;
  readonly records: number;
}

/** Counts the jobs of each key, and the idempotency records. */
export async function countKeys(pool: Pool): Promise<KeyCounts> {
  const { rows } = await pool.query<KeyCounts>(`
    WITH done AS (SELECT payload ->> 'key' AS key, count(*) AS effects FROM jobs WHERE type = 'scenario.bare' GROUP BY 1)
    SELECT count(*)::int AS keys, coalesce(sum(effects), 0)::int AS effects,
      count(*) FILTER (WHERE effects > 1)::int AS doubled,
      (SELECT count(*) FROM idempotency_records)::int AS records
    FROM done`);
  return rows[0] ?? { keys: 0, effects: 0, doubled: 0, records: 0 };
}

/** The figures of these keys at the end of a scenario, and the violated guarantees. */
export async function keyResults(
  pool: Pool,
  keys: readonly Keyed[],
): Promise<{ readonly figures: Readonly<Record<string, number>>; readonly violations: readonly string[] }> {
  const counted = await countKeys(pool);
  const different = keys.filter(({ responses }) => new Set(responses).size !== 1).length;
  return {
    figures: {
      keys: keys.length,
      'keys lost': keys.length - counted.keys,
      'keys doubled': counted.doubled,
      'keys with different responses': different,
    },
    violations: [
      ...(counted.keys === keys.length ? [] : ['a key has no effect']),
      ...(counted.doubled === 0 ? [] : [`${counted.doubled} keys have more than one effect`]),
      ...(different === 0 ? [] : [`${different} keys got different responses, or none`]),
    ],
  };
}
