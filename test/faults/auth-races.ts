import { apiKeyRotations } from './auth/api-key-races.ts';
import type { ApiPair } from './auth/api-pair.ts';
import { mergeResults } from './auth/api-pair.ts';
import { deadlocksAfter } from './auth/deadlocks.ts';
import { enrolmentRaces } from './auth/enrolment-races.ts';
import { exchangeRaces } from './auth/exchange-races.ts';
import { guesses, logins } from './auth/guesses.ts';
import { passkeyRaces } from './auth/passkey-races.ts';
import { providerVariables, startProviderServer } from './auth/provider-logins.ts';
import { refreshes } from './auth/refreshes.ts';
import { reuse } from './auth/reuse.ts';
import { revocations } from './auth/revocations.ts';
import { secondFactorRaces } from './auth/second-factor-races.ts';
import { tokenRaces } from './auth/token-races.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import type { TestProcess } from '../harness/process/test-process.ts';
import { cheapestHashes } from '../harness/app/environment.ts';

export const authRaces: Scenario = {
  description: 'concurrent uses of every credential, and revocations under load, on two API processes',
  promise:
    'A credential is accepted once, however many requests present it at the same time; a revoked one within a second no more.',
  defaults: { jobs: 0, rounds: 100 },
  short: { rounds: 1 },
  run,
};

/** Limits that this scenario does not test: all requests come from one IP address, and are of few accounts. */
const generous = {
  AUTH_RATE_LIMIT_IP: '1000000/60',
  AUTH_RATE_LIMIT_ONE_TIME_TOKEN: '1000000/300',
  AUTH_RATE_LIMIT_MFA: '1000000/900',
  AUTH_RATE_LIMIT_API_KEY: '1000000/60',
  AUTH_MAX_SESSIONS: '10000',
  AUTH_STEP_UP_MAX_AGE_SECONDS: '86400',
  AUTH_API_KEYS_MAX: '10000',
  AUTH_LOCKOUT_THRESHOLD: '1000000',
  // Revocations are measured by it too.
  GRAPHQL: 'on',
  // So that requests overlap.
  ...cheapestHashes,
};

async function run(cluster: TestCluster, { rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const main = await startPair(cluster, random);
  const results = [
    await refreshes(main.pair, rounds),
    await tokenRaces(main.pair, rounds),
    await secondFactorRaces(main.pair, rounds),
    await enrolmentRaces(main.pair, rounds),
    await passkeyRaces(main.pair, rounds),
    await apiKeyRotations(main.pair, rounds),
    await guesses(main.pair, rounds),
    await logins(main.pair, rounds),
    await reuse(main.pair, rounds),
    await revocations(main.pair, rounds),
  ];
  await using provider = await startProviderServer();
  const withProvider = await startPair(cluster, random, providerVariables(provider.url));
  results.push(await exchangeRaces(withProvider.pair, rounds));
  return mergeResults([...results, await deadlocksAfter(cluster, [...main.processes, ...withProvider.processes])]);
}

async function startPair(
  cluster: TestCluster,
  random: ApiPair['random'],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ pair: ApiPair; processes: readonly TestProcess[] }> {
  const processes = [cluster.api({ ...generous, ...variables }), cluster.api({ ...generous, ...variables })] as const;
  const urls = await Promise.all([processes[0].ready(), processes[1].ready()] as const);
  return { pair: { cluster, urls, random }, processes };
}
