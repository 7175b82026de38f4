import type { Finding } from '../scenario.ts';
import type { Pair } from './part.ts';
import { atOnce } from './part.ts';
import type { Person } from './people.ts';
import { people, post } from './people.ts';

/** As an account has them from one address before the first pause. */
const limit = 5;
const guessesAtMost = 1000;
const loginsAtMost = 200;

/**
 * Guesses at one password at once, fifty for each round up to a thousand: so many are looked at as the limit says, and a
 * right one behind them is not.
 */
export async function guesses(pair: Pair, rounds: number): Promise<Finding> {
  const guessesAtOnce = Math.min(guessesAtMost, 50 * rounds);
  const [victim] = await people(pair.stage.pool, 1);
  if (victim === undefined) throw new Error('There is nobody');
  const statuses = await atOnce(pair, guessesAtOnce, async (url, at) => {
    return (await post(`${url}/v1/auth/login`, { email: victim.email, password: `guess number ${at}` })).status;
  });
  const { rows } = await pair.stage.pool.query<{ verified: number }>(
    `SELECT count(*)::int AS verified FROM audit_events
     WHERE subject_id = $1 AND event = 'authn_login_fail' AND reason = 'wrong password'`,
    [victim.id],
  );
  const verified = rows[0]?.verified ?? 0;
  const late = (await post(`${pair.urls[1]}/v1/auth/login`, { email: victim.email, password: victim.password })).status;
  const odd = statuses.filter((status) => ![401, 429, 503].includes(status)).length;
  return {
    figures: {
      'guesses at once': guessesAtOnce,
      'guesses looked at': verified,
      'guesses answered 401, 429, 503': [401, 429, 503].map((one) => count(statuses, one)).join(', '),
    },
    broken: [
      ...(verified === limit ? [] : [`${verified} guesses were looked at, the limit is ${limit}`]),
      ...(count(statuses, 401) === limit ? [] : [`${count(statuses, 401)} guesses were answered 401`]),
      ...(late === 429 ? [] : [`the right password was answered ${late} behind them`]),
      ...(odd === 0 ? [] : [`${odd} guesses were answered otherwise`]),
    ],
  };
}

/**
 * Good logins at once, ten for each round up to two hundred, to one account and to as many: nobody is taken for somebody
 * who guesses.
 */
export async function logins(pair: Pair, rounds: number): Promise<Finding> {
  const loginsAtOnce = Math.min(loginsAtMost, 10 * rounds);
  const [one, ...many] = await people(pair.stage.pool, loginsAtOnce + 1);
  if (one === undefined) throw new Error('There is nobody');
  const toOne = await allIn(pair, loginsAtOnce, () => one);
  const toMany = await allIn(pair, loginsAtOnce, (at) => many[at] ?? one);
  return {
    figures: {
      'logins at once to one account': `${toOne.entered} in, ${toOne.lockedOut} locked out, ${toOne.later} sent again after 503`,
      'logins at once to as many': `${toMany.entered} in, ${toMany.lockedOut} locked out, ${toMany.later} sent again after 503`,
    },
    broken: [toOne, toMany].flatMap(({ entered, lockedOut }) =>
      entered === loginsAtOnce && lockedOut === 0 ? [] : [`${entered} of ${loginsAtOnce} in, ${lockedOut} locked out`],
    ),
  };
}

async function allIn(
  pair: Pair,
  loginsAtOnce: number,
  person: (at: number) => Person,
): Promise<{ entered: number; lockedOut: number; later: number }> {
  let later = 0;
  const statuses = await atOnce(pair, loginsAtOnce, async (url, at) => {
    const { email, password } = person(at);
    for (;;) {
      const { status } = await post(`${url}/v1/auth/login`, { email, password });
      if (status !== 503) return status;
      later += 1;
    }
  });
  return { entered: count(statuses, 200), lockedOut: count(statuses, 429) + count(statuses, 401), later };
}

function count(statuses: readonly number[], one: number): number {
  return statuses.filter((status) => status === one).length;
}
