import { providerVariables, startProviderServer } from './auth/provider-logins.ts';
import { passkeyLogins } from './auth/passkey-timing.ts';
import type { Comparison } from './auth/response-times.ts';
import { compareTimes } from './auth/response-times.ts';
import {
  apiKeys,
  emailOperations,
  exchangeCodes,
  knownAgainstUnknown,
  secondFactors,
} from './auth/timing-comparisons.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { cheapestHashes } from '../harness/app/environment.ts';

export const authTiming: Scenario = {
  description:
    'whether response times distinguish causes of the same response; --rounds is the size of each of the samples',
  promise: 'The response time does not reveal whether an account exists or why a credential was refused.',
  defaults: { jobs: 0, rounds: 500 },
  short: { rounds: 5 },
  run,
};

/** An area under the curve of 0.5 means that times reveal nothing; this deviation is allowed. */
const tolerance = 0.05;

/**
 * No limits: only the time of the work itself is compared. Responses are sent at multiples of a part of the default
 * period, which takes less time: the default hides what this hides, because its points in time are among these.
 */
const unlimited = {
  AUTH_RATE_LIMIT_IP: '1000000/60',
  AUTH_RATE_LIMIT_ACCOUNT_IP: '1000000/60/900',
  AUTH_RATE_LIMIT_ACCOUNT: '1000000/3600/60',
  AUTH_RATE_LIMIT_MFA: '1000000/900',
  AUTH_RATE_LIMIT_API_KEY: '1000000/60',
  AUTH_RATE_LIMIT_ONE_TIME_TOKEN: '1000000/300',
  AUTH_LOCKOUT_THRESHOLD: '1000000',
  AUTH_RATE_LIMIT_REGISTRATION: '1000000/3600',
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT: '1000000/60',
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT_TOTAL: '1000000/60',
  AUTH_RATE_LIMIT_EMAIL_PER_IP: '1000000/3600',
  ...cheapestHashes,
  AUTH_RESPONSE_TIME_PERIOD_MS: '50',
};

/** The default hashing cost and period; the hashes of all accounts are older and cheaper. */
const raised = {
  ...unlimited,
  AUTH_ARGON2_MEMORY_KIB: '65536',
  AUTH_ARGON2_ITERATIONS: '3',
  AUTH_RESPONSE_TIME_PERIOD_MS: '200',
};

async function run(cluster: TestCluster, options: ScenarioOptions): Promise<ScenarioResult> {
  const figures: Record<string, string> = {};
  // Of times, as the limits of other scenarios are: with few rounds they say nothing.
  const timingFailures: string[] = [];
  const measure = async (comparison: Comparison): Promise<void> => {
    const { area, text } = await compareTimes(comparison, options);
    const { name } = comparison;
    figures[name] = text;
    if (Math.abs(area - 0.5) > tolerance) timingFailures.push(`${name}: AUC ${area.toFixed(3)}`);
  };
  const { pool } = cluster;
  const { rounds } = options;
  const api = cluster.api(unlimited);
  const service = { url: await api.ready(), pool, rounds };
  for (const operation of Object.keys(emailOperations)) await measure(await knownAgainstUnknown(service, operation));
  for (const comparison of await secondFactors(service)) await measure(comparison);
  for (const comparison of await apiKeys(service)) await measure(comparison);
  for (const comparison of await passkeyLogins(service)) await measure(comparison);
  await api.kill();
  await using provider = await startProviderServer();
  const withProvider = cluster.api({ ...unlimited, ...providerVariables(provider.url) });
  for (const comparison of await exchangeCodes({ url: await withProvider.ready(), pool, rounds }))
    await measure(comparison);
  await withProvider.kill();
  const url = await cluster.api(raised).ready();
  await measure(await knownAgainstUnknown({ url, pool, rounds }, 'login', 'login after a raised hashing cost'));
  return { figures, failures: [], timingFailures };
}
