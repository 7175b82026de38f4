import { guesses, logins } from './auth/guesses.ts';
import type { ApiPair } from './auth/api-pair.ts';
import { mergeResults } from './auth/api-pair.ts';
import { refreshes } from './auth/refreshes.ts';
import { reuse } from './auth/reuse.ts';
import { revocations } from './auth/revocations.ts';
import { tokenRaces } from './auth/token-races.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { cheapestHashes } from '../harness/app/environment.ts';

export const authRaces: Scenario = {
  description:
    'concurrent refreshes, one-time tokens, guesses and logins on two API processes; --rounds 200 for long runs',
  defaults: { jobs: 0, rounds: 20 },
  run: async (cluster, options) => await run(cluster, options),
};

/** Limits that this scenario does not test: all requests come from one IP address. */
const generous = {
  AUTH_RATE_LIMIT_IP: '1000000/60',
  AUTH_RATE_LIMIT_ONE_TIME_TOKEN: '1000000/300',
  AUTH_API_KEYS_MAX: '10000',
  AUTH_LOCKOUT_THRESHOLD: '1000000',
  // So that requests overlap.
  ...cheapestHashes,
};

async function run(cluster: TestCluster, { rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const urls = await Promise.all([cluster.api(generous).ready(), cluster.api(generous).ready()] as const);
  const pair: ApiPair = { cluster, urls, random };
  const half = Math.max(1, Math.ceil(rounds / 2));
  return mergeResults([
    await refreshes(pair, rounds),
    await tokenRaces(pair, half),
    await guesses(pair, rounds),
    await logins(pair, rounds),
    await reuse(pair, half),
    await revocations(pair, half),
  ]);
}
