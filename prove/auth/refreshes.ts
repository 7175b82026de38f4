import type { Finding } from '../scenario.ts';
import type { Pair } from './part.ts';
import { atOnce } from './part.ts';
import { logIn, people, post } from './people.ts';

const parallel = 50;

/** Fifty refreshes with one token at once, round after round: one child for all of them, and the session lives on. */
export async function refreshes(pair: Pair, rounds: number): Promise<Finding> {
  const [person] = await people(pair.stage.pool, 1);
  if (person === undefined) throw new Error('There is nobody');
  let { refreshToken } = await logIn(pair.urls[0], person);
  let refused = 0;
  let forks = 0;
  for (let round = 0; round < rounds; round += 1) {
    const answers = await atOnce(pair, parallel, async (url) => await post(`${url}/v1/auth/refresh`, { refreshToken }));
    refused += answers.filter(({ status }) => status !== 200).length;
    const children = new Set(
      answers.map(({ body }) => body['refreshToken']).filter((child) => typeof child === 'string'),
    );
    if (children.size !== 1) forks += 1;
    refreshToken = [...children][0] ?? refreshToken;
  }
  const { rows } = await pair.stage.pool.query<{ generations: number; lost: number }>(
    `SELECT (SELECT count(*)::int - 1 FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1) AS generations,
       (SELECT count(*)::int FROM sessions WHERE user_id = $1 AND killed_at IS NOT NULL) AS lost`,
    [person.id],
  );
  const [{ generations, lost } = { generations: 0, lost: 1 }] = rows;
  return {
    figures: {
      'refreshes at once × rounds': `${parallel} × ${rounds}`,
      'new generations': generations,
      'refreshes refused': refused,
      'sessions lost to them': lost,
    },
    broken: [
      ...(generations === rounds ? [] : [`${generations} generations in ${rounds} rounds`]),
      ...(forks === 0 ? [] : [`${forks} rounds in which not all got the same child`]),
      ...(refused === 0 ? [] : [`${refused} refreshes were refused`]),
      ...(lost === 0 ? [] : ['the session was lost']),
    ],
  };
}
