import { apiKeyRotations } from './auth/api-key-races.ts';
import type { ApiPair } from './auth/api-pair.ts';
import { mergeResults } from './auth/api-pair.ts';
import { deadlocksAfter } from './auth/deadlocks.ts';
import { enrolmentRaces } from './auth/enrolment-races.ts';
import { guesses, logins } from './auth/guesses.ts';
import { refreshes } from './auth/refreshes.ts';
import { reuse } from './auth/reuse.ts';
import { revocations } from './auth/revocations.ts';
import { secondFactorRaces } from './auth/second-factor-races.ts';
import { tokenRaces } from './auth/token-races.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { cheapestHashes } from '../harness/app/environment.ts';

export const authRaces: Scenario = {
  description: 'concurrent uses of every credential, and revocations under load, on two API processes',
  defaults: { jobs: 0, rounds: 100 },
  run: async (cluster, options) => await run(cluster, options),
};

/** Limits that this scenario does not test: all requests come from one IP address, and are of few accounts. */
const generous = {
  AUTH_RATE_LIMIT_IP: '1000000/60',
  AUTH_RATE_LIMIT_ONE_TIME_TOKEN: '1000000/300',
  AUTH_RATE_LIMIT_MFA: '1000000/900',
  AUTH_RATE_LIMIT_API_KEY: '1000000/60',
  AUTH_MAX_SESSIONS: '10000',
  AUTH_STEP_UP_MAX_AGE_SECONDS: '86400',
  // So that requests overlap.
  ...cheapestHashes,
};

async function run(cluster: TestCluster, { rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const processes = [cluster.api(generous), cluster.api(generous)] as const;
  const urls = await Promise.all([processes[0].ready(), processes[1].ready()] as const);
  const pair: ApiPair = { cluster, urls, random };
  const results = [
    await refreshes(pair, rounds),
    await tokenRaces(pair, rounds),
    await secondFactorRaces(pair, rounds),
    await enrolmentRaces(pair, rounds),
    await apiKeyRotations(pair, rounds),
    await guesses(pair, rounds),
    await logins(pair, rounds),
    await reuse(pair, rounds),
    await revocations(pair, rounds),
  ];
  return mergeResults([...results, await deadlocksAfter(cluster, processes)]);
}
