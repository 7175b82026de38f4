import { accessToken as administratorToken } from '../caller.ts';
import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { mergeResults } from './api-pair.ts';
import type { JsonResponse, TestUser } from './users.ts';
import { bearer, createApiKey, createUsers, logIn, post, remove } from './users.ts';

/** Credentials that are revoked at the same time. */
const concurrency = 5;
const limitMs = 1000;
/** The measurement ends when the credential was not accepted for this time. */
const quietMs = 1500;

type HeaderFields = Readonly<Record<string, string>>;

/** What authenticates requests until it is revoked. */
interface Credential {
  readonly headers: HeaderFields;
  readonly revoke: () => Promise<JsonResponse>;
  /** Whether anything issued with it still works afterwards; only for credentials that issue more. */
  readonly isAcceptedElsewhere?: (url: string) => Promise<boolean>;
}

type Issue = (user: TestUser) => Promise<Credential>;

/**
 * Revokes credentials on one process while they are used on both: the time from the response of the revocation to the
 * last request that was accepted, with the LISTEN connections and just after they were terminated.
 */
export async function revocations(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const [url] = pair.urls;
  const administrator = await administratorToken(url, pair.cluster.pool, { role: 'admin' });
  const kinds: Readonly<Record<string, Issue>> = {
    sessions: async (user) => {
      const { accessToken, refreshToken } = await logIn(url, user);
      return {
        headers: bearer(accessToken),
        revoke: async () => await post(`${url}/v1/auth/logout`, { refreshToken }),
        isAcceptedElsewhere: async (to) => (await post(`${to}/v1/auth/refresh`, { refreshToken })).status !== 401,
      };
    },
    'API keys': async (user) => {
      const { accessToken } = await logIn(url, user);
      const { id, key } = await createApiKey(url, accessToken);
      const revoke = async (): Promise<JsonResponse> => await remove(`${url}/v1/auth/api-keys/${id}`, accessToken);
      return { headers: { 'x-api-key': key }, revoke };
    },
    'API keys of disabled owners': async (user) => {
      const { key } = await createApiKey(url, (await logIn(url, user)).accessToken);
      const revoke = async (): Promise<JsonResponse> =>
        await post(`${url}/v1/users/${user.id}/disable`, {}, administrator);
      return { headers: { 'x-api-key': key }, revoke };
    },
  };
  const results: ScenarioResult[] = [];
  for (const [name, issue] of Object.entries(kinds)) results.push(await revocationsOf(pair, { name, rounds, issue }));
  return mergeResults(results);
}

async function revocationsOf(
  pair: ApiPair,
  { name, rounds, issue }: { name: string; rounds: number; issue: Issue },
): Promise<ScenarioResult> {
  const delays = { connected: [] as number[], disconnected: [] as number[] };
  let accepted = 0;
  const users = await createUsers(pair.cluster.pool, 2 * rounds);
  for (let at = 0; at < users.length;) {
    const isCut = at >= rounds;
    const batch = users.slice(at, Math.min(at + concurrency, isCut ? users.length : rounds));
    at += batch.length;
    const credentials = await Promise.all(batch.map(issue));
    const measured = await lastAcceptancesMs(pair, credentials, isCut);
    (isCut ? delays.disconnected : delays.connected).push(...measured);
    const states = await Promise.all(credentials.map(async (credential) => await isAccepted(pair, credential)));
    accepted += states.filter((state) => state).length;
  }
  return {
    figures: {
      [`${name} revoked under load`]: users.length,
      [`${name} accepted in the end`]: accepted,
      [`${name}: last acceptance after the revocation`]: distribution(delays.connected),
      [`${name}: the same without LISTEN connection`]: distribution(delays.disconnected),
    },
    failures: accepted === 0 ? [] : [`${accepted} revoked ${name} were accepted in the end`],
    timingFailures: Object.entries(delays).flatMap(([state, of]) =>
      quantile(of, 0.99) < limitMs ? [] : [`${name}, ${state}: p99 is ${quantile(of, 0.99)} ms`],
    ),
  };
}

/** Uses all credentials on both processes without a pause, revokes them, and waits until none is accepted. */
async function lastAcceptancesMs(
  pair: ApiPair,
  credentials: readonly Credential[],
  isCut: boolean,
): Promise<readonly number[]> {
  const uses = credentials.map(({ headers }) => new ContinuousUse(pair, headers));
  await Promise.all(uses.map(({ begun }) => begun));
  if (isCut) await terminateListeners(pair);
  const revokedAt = await Promise.all(
    credentials.map(async ({ revoke }) => {
      const { status } = await revoke();
      if (status >= 300) throw new Error(`The revocation returned ${status}`);
      return performance.now();
    }),
  );
  const lastAcceptedAt = await Promise.all(uses.map((use) => use.lastAcceptedAt));
  return lastAcceptedAt.map((at, index) => Math.max(0, Math.round(at - (revokedAt[index] ?? 0))));
}

/** Requests with one credential on both processes, each sent when the previous one has ended. */
class ContinuousUse {
  /** Resolves when both processes have accepted the credential. */
  readonly begun: Promise<unknown>;
  /** When the last accepted response was received. */
  readonly lastAcceptedAt: Promise<number>;
  private acceptedAt = performance.now();

  constructor({ urls }: ApiPair, headers: HeaderFields) {
    const first = urls.map(async (url) => {
      await this.request(url, headers);
    });
    this.begun = Promise.all(first);
    this.lastAcceptedAt = Promise.all(
      urls.map(async (url) => {
        await this.begun;
        while (performance.now() - this.acceptedAt < quietMs) await this.request(url, headers);
      }),
    ).then(() => this.acceptedAt);
  }

  private async request(url: string, headers: HeaderFields): Promise<void> {
    if (await isAuthenticated(url, headers)) this.acceptedAt = performance.now();
  }
}

async function terminateListeners({ cluster }: ApiPair): Promise<void> {
  const { rowCount } = await cluster.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%xact >= $1%'`,
  );
  if (rowCount === 0) throw new Error('There is no LISTEN connection');
}

/** Whether a process accepts the credential, or what was issued with it. */
async function isAccepted({ urls }: ApiPair, { headers, isAcceptedElsewhere }: Credential): Promise<boolean> {
  for (const url of urls) {
    if (await isAuthenticated(url, headers)) return true;
    if ((await isAcceptedElsewhere?.(url)) === true) return true;
  }
  return false;
}

/**
 * Whether the API or GraphQL accepts the credential.
 * @throws for a response other than 200 and 401
 */
async function isAuthenticated(url: string, headers: HeaderFields): Promise<boolean> {
  const operation = { method: 'POST', body: '{"query":"{ me { id } }"}' };
  const responses = await Promise.all([
    fetch(`${url}/v1/users/me`, { headers }),
    fetch(`${url}/graphql`, { ...operation, headers: { ...headers, 'content-type': 'application/json' } }),
  ]);
  for (const response of responses) {
    await response.arrayBuffer();
    if (response.status !== 200 && response.status !== 401) throw new Error(`A request returned ${response.status}`);
  }
  return responses.some(({ status }) => status === 200);
}

function distribution(values: readonly number[]): string {
  const quantiles = [0.5, 0.99, 1].map((part) => quantile(values, part));
  return `p50 ${quantiles[0]} ms, p99 ${quantiles[1]} ms, at most ${quantiles[2]} ms of ${values.length}`;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
