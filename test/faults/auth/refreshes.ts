import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { atOnce } from './api-pair.ts';
import { logIn, createUser, post } from './users.ts';

const parallel = 50;

/** Fifty concurrent refreshes with one token in each round: all get the same successor, and the session continues. */
export async function refreshes(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const user = await createUser(pair.cluster.pool);
  let { refreshToken } = await logIn(pair.urls[0], user);
  let rejected = 0;
  let forks = 0;
  for (let round = 0; round < rounds; round += 1) {
    const responses = await atOnce(
      pair,
      parallel,
      async (url) => await post(`${url}/v1/auth/refresh`, { refreshToken }),
    );
    rejected += responses.filter(({ status }) => status !== 200).length;
    const successors = new Set(
      responses.map(({ body }) => body['refreshToken']).filter((successor) => typeof successor === 'string'),
    );
    if (successors.size !== 1) forks += 1;
    refreshToken = [...successors][0] ?? refreshToken;
  }
  const { rows } = await pair.cluster.pool.query<{ generations: number; revoked: number }>(
    `SELECT (SELECT count(*)::int - 1 FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1) AS generations,
       (SELECT count(*)::int FROM sessions WHERE user_id = $1 AND revoked_at IS NOT NULL) AS revoked`,
    [user.id],
  );
  const [{ generations, revoked } = { generations: 0, revoked: 1 }] = rows;
  return {
    figures: {
      'refreshes at once × rounds': `${parallel} × ${rounds}`,
      'new generations': generations,
      'refreshes rejected': rejected,
      'sessions revoked': revoked,
    },
    failures: [
      ...(generations === rounds ? [] : [`${generations} generations in ${rounds} rounds`]),
      ...(forks === 0 ? [] : [`${forks} rounds in which not all got the same successor`]),
      ...(rejected === 0 ? [] : [`${rejected} refreshes were rejected`]),
      ...(revoked === 0 ? [] : ['the session was revoked']),
    ],
  };
}
