import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { atOnce } from './api-pair.ts';
import { logIn, createUsers, post } from './users.ts';

const parallel = 20;

/**
 * An attacker and the account owner refresh in turn with copies of one token. When a used token is presented after its
 * successor was used, the session is revoked and none of its tokens works.
 */
export async function reuse(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  let succeeded = 0;
  let accepted = 0;
  for (const user of await createUsers(pair.cluster.pool, rounds)) {
    const { refreshToken: first } = await logIn(pair.urls[0], user);
    const second = await refreshed(pair.urls[1], first);
    const third = await refreshed(pair.urls[0], second);
    const reused = await post(`${pair.urls[1]}/v1/auth/refresh`, { refreshToken: first });
    if (reused.status !== 401) accepted += 1;
    const tokens = [first, second, third];
    const after = await atOnce(pair, parallel, async (url, at) => {
      return await post(`${url}/v1/auth/refresh`, { refreshToken: tokens[at % tokens.length] });
    });
    succeeded += after.filter(({ status }) => status === 200).length;
  }
  return {
    figures: { 'sessions with a reused token': rounds, 'refreshes that succeeded after it': succeeded },
    failures: [
      ...(accepted === 0 ? [] : [`${accepted} used tokens were accepted`]),
      ...(succeeded === 0 ? [] : [`${succeeded} refreshes succeeded after a reuse`]),
    ],
  };
}

async function refreshed(url: string, refreshToken: string): Promise<string> {
  const { status, body } = await post(`${url}/v1/auth/refresh`, { refreshToken });
  const successor = body['refreshToken'];
  if (typeof successor !== 'string') throw new Error(`The refresh returned ${status}`);
  return successor;
}
