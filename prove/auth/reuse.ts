import type { Finding } from '../scenario.ts';
import type { Pair } from './part.ts';
import { atOnce } from './part.ts';
import { logIn, people, post } from './people.ts';

const parallel = 20;

/**
 * A thief and the owner refresh by turns with copies of one token: as soon as a used one comes back behind its child's
 * use, the session is over for both, whatever is presented.
 */
export async function reuse(pair: Pair, rounds: number): Promise<Finding> {
  let succeeded = 0;
  let unpunished = 0;
  for (const person of await people(pair.stage.pool, rounds)) {
    const { refreshToken: first } = await logIn(pair.urls[0], person);
    const second = await refreshed(pair.urls[1], first);
    const third = await refreshed(pair.urls[0], second);
    const reused = await post(`${pair.urls[1]}/v1/auth/refresh`, { refreshToken: first });
    if (reused.status !== 401) unpunished += 1;
    const tokens = [first, second, third];
    const after = await atOnce(pair, parallel, async (url, at) => {
      return await post(`${url}/v1/auth/refresh`, { refreshToken: tokens[at % tokens.length] });
    });
    succeeded += after.filter(({ status }) => status === 200).length;
  }
  return {
    figures: { 'sessions whose used token came back': rounds, 'refreshes that succeeded behind it': succeeded },
    broken: [
      ...(unpunished === 0 ? [] : [`${unpunished} used tokens were taken`]),
      ...(succeeded === 0 ? [] : [`${succeeded} refreshes succeeded behind a reuse`]),
    ],
  };
}

async function refreshed(url: string, refreshToken: string): Promise<string> {
  const { status, body } = await post(`${url}/v1/auth/refresh`, { refreshToken });
  const child = body['refreshToken'];
  if (typeof child !== 'string') throw new Error(`The refresh answered ${status}`);
  return child;
}
