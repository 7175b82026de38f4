import { loadavg } from 'node:os';
import { mergeResults } from './auth/api-pair.ts';
import { seedSessions } from './auth/seeded-sessions.ts';
import type { TestUser } from './auth/users.ts';
import { auditedSuccesses, bearer, createUser, logIn, post, remove } from './auth/users.ts';
import { accessToken as administratorToken } from './caller.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import { cheapestHashes } from '../harness/app/environment.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { probe } from '../harness/process/probe.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

export const manySessions: Scenario = {
  description:
    'logout-all, disabling and deletion of a user with 10,000 sessions; --rounds is the number of users each',
  promise: 'A user with 10,000 sessions is logged out everywhere by one request, while others are served.',
  defaults: { jobs: 0, rounds: 5 },
  short: { rounds: 1 },
  run,
};

const sessions = 10_000;
/** How many of them are tried afterwards. */
const samples = 20;
const limitMs = 1000;
const livezLimitMs = 100;

/** Refreshes that are rejected count as failures of the IP address. */
const variables = { ...cheapestHashes, AUTH_RATE_LIMIT_IP: '1000000/60' };

/** Ends all sessions of a user; returns the status. */
type Ending = (user: TestUser, accessToken: string) => Promise<number>;

async function run(cluster: TestCluster, { rounds }: ScenarioOptions): Promise<ScenarioResult> {
  const urls = await Promise.all([cluster.api(variables).ready(), cluster.api(variables).ready()] as const);
  const [url] = urls;
  const administrator = await administratorToken(url, cluster.pool, { role: 'admin' });
  const endings: Readonly<Record<string, Ending>> = {
    'logout-all': async (_, accessToken) =>
      (await post(`${url}/v1/auth/logout-all`, { scope: 'all' }, accessToken)).status,
    disable: async ({ id }) => (await post(`${url}/v1/users/${id}/disable`, {}, administrator)).status,
    'delete by an administrator': async ({ id }) => (await remove(`${url}/v1/users/${id}`, administrator)).status,
    'delete by the owner': async (_, accessToken) => (await remove(`${url}/v1/users/me`, accessToken)).status,
  };
  const results: ScenarioResult[] = [{ figures: { 'sessions of each user': sessions }, failures: [] }];
  for (const [name, end] of Object.entries(endings)) results.push(await measure(cluster, urls, { name, end, rounds }));
  return mergeResults([...results, { figures: { 'load average': (loadavg()[0] ?? 0).toFixed(1) }, failures: [] }]);
}

async function measure(
  cluster: TestCluster,
  urls: readonly [string, string],
  { name, end, rounds }: { readonly name: string; readonly end: Ending; readonly rounds: number },
): Promise<ScenarioResult> {
  const tookMs: number[] = [];
  const livezMs: number[] = [];
  const failures: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const user = await createUser(cluster.pool);
    const { accessToken } = await logIn(urls[0], user);
    const seeded = await seedSessions(cluster.pool, Array<string>(sessions).fill(user.id));
    await using livez = probe(`${urls[0]}/livez`);
    const startedAt = performance.now();
    const status = await end(user, accessToken);
    tookMs.push(performance.now() - startedAt);
    livezMs.push(await livez.slowestMs());
    if (status >= 300) failures.push(`${name} returned ${status}`);
    await waitUntil('no process accepts the access token', async () => {
      const statuses = await Promise.all(
        urls.map(async (to) => (await fetch(`${to}/v1/users/me`, { headers: bearer(accessToken) })).status),
      );
      return statuses.every((one) => one === 401);
    });
    const { open, events } = await leftOf(cluster, user);
    if (open > 0) failures.push(`${open} sessions are active after ${name}`);
    if (events !== sessions + 1) failures.push(`${events} audit events of ${sessions + 1} sessions after ${name}`);
    for (const { refreshToken } of seeded.slice(0, samples)) {
      const refreshed = await post(`${urls[1]}/v1/auth/refresh`, { refreshToken });
      if (refreshed.status !== 401) failures.push(`a refresh returned ${refreshed.status} after ${name}`);
    }
  }
  return resultOf(name, { tookMs, livezMs, failures });
}

function resultOf(
  name: string,
  { tookMs, livezMs, failures }: Readonly<Record<'tookMs' | 'livezMs', number[]>> & { failures: string[] },
): ScenarioResult {
  const [slowest, slowestLivez] = [Math.max(...tookMs), Math.max(...livezMs)];
  return {
    figures: {
      [name]: `${tookMs.map((ms) => Math.round(ms)).join(', ')} ms; /livez meanwhile at most ${Math.round(slowestLivez)} ms`,
    },
    failures,
    timingFailures: [
      ...(slowest < limitMs ? [] : [`${name} took ${Math.round(slowest)} ms`]),
      ...(slowestLivez <= livezLimitMs ? [] : [`/livez took ${Math.round(slowestLivez)} ms during ${name}`]),
    ],
  };
}

/** The active sessions of a user, and the audit events of those that were ended. */
async function leftOf({ pool }: TestCluster, user: TestUser): Promise<{ open: number; events: number }> {
  const { rows } = await pool.query<{ open: number }>(
    'SELECT count(*)::int AS open FROM sessions WHERE user_id = $1 AND revoked_at IS NULL',
    [user.id],
  );
  const events = await auditedSuccesses(pool, { users: [user], events: ['session_ended'] });
  return { open: rows[0]?.open ?? 0, events };
}
