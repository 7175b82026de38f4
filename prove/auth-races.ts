import { guesses, logins } from './auth/guesses.ts';
import type { Pair } from './auth/part.ts';
import { together } from './auth/part.ts';
import { refreshes } from './auth/refreshes.ts';
import { reuse } from './auth/reuse.ts';
import { revocations } from './auth/revocations.ts';
import { tokenRaces } from './auth/token-races.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

export const authRaces: Scenario = {
  about: 'tokens, guesses and logins that race on two API processes; --rounds 200 is the long form',
  defaults: { jobs: 0, rounds: 20 },
  run: async (stage, plan) => await run(stage, plan),
};

/** Limits that are not what is raced for here: all callers have one address. */
const generous = {
  AUTH_LIMIT_ADDRESS: '1000000/60',
  AUTH_LIMIT_TOKEN: '1000000/300',
  // As cheap as the floor allows, so that there is a race.
  AUTH_ARGON2_MEMORY_KIB: '19456',
  AUTH_ARGON2_PASSES: '2',
};

async function run(stage: Stage, { rounds, random }: Plan): Promise<Finding> {
  const urls = await Promise.all([stage.api(generous).ready(), stage.api(generous).ready()] as const);
  const pair: Pair = { stage, urls, random };
  const half = Math.max(1, Math.ceil(rounds / 2));
  return together([
    await refreshes(pair, rounds),
    await tokenRaces(pair, half),
    await guesses(pair, rounds),
    await logins(pair, rounds),
    await reuse(pair, half),
    await revocations(pair, half),
  ]);
}
