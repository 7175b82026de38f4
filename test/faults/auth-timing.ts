import { auc } from './auth/auc.ts';
import { createUsers } from './auth/users.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { cheapestHashes } from '../harness/app/environment.ts';

export const authTiming: Scenario = {
  description:
    'whether response times distinguish known email addresses from unknown ones; --rounds is the size of each sample',
  defaults: { jobs: 0, rounds: 500 },
  run: async (cluster, options) => await run(cluster, options),
};

/** An area under the curve of 0.5 means that times reveal nothing; this deviation is allowed. */
const tolerance = 0.05;

/** No limits: only the time of the work itself is compared. */
const unlimited = {
  AUTH_RATE_LIMIT_IP: '1000000/60',
  AUTH_RATE_LIMIT_ACCOUNT_IP: '1000000/60/900',
  AUTH_RATE_LIMIT_ACCOUNT: '1000000/3600/60',
  AUTH_LOCKOUT_THRESHOLD: '1000000',
  AUTH_RATE_LIMIT_REGISTRATION: '1000000/3600',
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT: '1000000/60',
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT_TOTAL: '1000000/60',
  AUTH_RATE_LIMIT_EMAIL_PER_IP: '1000000/3600',
  ...cheapestHashes,
};

const password = 'not the password of any user';

const login = { path: '/v1/auth/login', body: (email: string): object => ({ email, password }) };

/** Requests with an email address that is known or unknown. */
const requests: Readonly<Record<string, { path: string; body: (email: string) => object }>> = {
  login,
  register: { path: '/v1/auth/register', body: (email) => ({ email, password }) },
  forgot: { path: '/v1/auth/password/forgot', body: (email) => ({ email }) },
};

/** The default hashing cost; the hashes of all accounts are older and cheaper. */
const raised = { ...unlimited, AUTH_ARGON2_MEMORY_KIB: '65536', AUTH_ARGON2_ITERATIONS: '3' };

async function run(cluster: TestCluster, options: ScenarioOptions): Promise<ScenarioResult> {
  const figures: Record<string, string> = {};
  const failures: string[] = [];
  const measure = async (name: string, request: TimedRequest): Promise<void> => {
    const { area, text } = await compare(cluster, options, request);
    figures[`${name}, known against unknown`] = text;
    if (Math.abs(area - 0.5) > tolerance) failures.push(`${name}: AUC ${area.toFixed(3)}`);
  };
  const api = cluster.api(unlimited);
  const url = await api.ready();
  for (const [name, { path, body }] of Object.entries(requests)) await measure(name, { url: url + path, body });
  await api.kill();
  const { path, body } = login;
  await measure('login after a raised hashing cost', { url: (await cluster.api(raised).ready()) + path, body });
  return { figures, failures };
}

interface TimedRequest {
  readonly url: string;
  readonly body: (email: string) => object;
}

async function compare(
  cluster: TestCluster,
  { rounds, random }: ScenarioOptions,
  { url, body }: TimedRequest,
): Promise<{ area: number; text: string }> {
  const known = await createUsers(cluster.pool, rounds);
  const times = { known: [] as number[], unknown: [] as number[] };
  // The first requests include one-time costs.
  for (let warm = 0; warm < 20; warm += 1) await timed(url, body(`warm${warm}@unknown.example`));
  for (const [at, { email }] of known.entries()) {
    // Alike: the same length, interleaved, in random order.
    const pair = [
      { to: times.known, email },
      { to: times.unknown, email: email.replace('member', 'absent') },
    ];
    for (const { to, email: sent } of random.between(0, 1) === at % 2 ? pair : pair.reverse()) {
      to.push(await timed(url, body(sent)));
    }
  }
  const area = auc(times.known, times.unknown);
  const medians = `medians ${median(times.known)} and ${median(times.unknown)} ms`;
  return { area, text: `AUC ${area.toFixed(3)} of ${rounds} + ${rounds}; ${medians}` };
}

async function timed(url: string, body: object): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  if (response.status >= 429) throw new Error(`${url} returned ${response.status}`);
  return performance.now() - startedAt;
}

function median(values: readonly number[]): string {
  return ([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(1);
}
