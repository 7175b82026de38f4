import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { atOnce } from './api-pair.ts';
import type { TestUser } from './users.ts';
import { createUser, createUsers, post } from './users.ts';

/** Attempts from one IP address against one account before the first delay. */
const limit = 5;
const maxGuesses = 1000;
const maxLogins = 200;

/**
 * Concurrent guesses at one password, fifty for each round up to a thousand: as many as the limit allows are verified,
 * and the correct password is rejected after them.
 */
export async function guesses(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const guessesAtOnce = Math.min(maxGuesses, 50 * rounds);
  const victim = await createUser(pair.cluster.pool);
  const statuses = await atOnce(pair, guessesAtOnce, async (url, at) => {
    return (await post(`${url}/v1/auth/login`, { email: victim.email, password: `guess number ${at}` })).status;
  });
  const { rows } = await pair.cluster.pool.query<{ verified: number }>(
    `SELECT count(*)::int AS verified FROM audit_events
     WHERE subject_id = $1 AND event = 'authn_login_fail' AND reason = 'wrong password'`,
    [victim.id],
  );
  const verified = rows[0]?.verified ?? 0;
  const late = (await post(`${pair.urls[1]}/v1/auth/login`, { email: victim.email, password: victim.password })).status;
  const unexpected = statuses.filter((status) => ![401, 429, 503].includes(status)).length;
  return {
    figures: {
      'guesses at once': guessesAtOnce,
      'guesses verified': verified,
      'guesses with 401, 429, 503': [401, 429, 503].map((one) => count(statuses, one)).join(', '),
    },
    failures: [
      ...(verified === limit ? [] : [`${verified} guesses were verified, the limit is ${limit}`]),
      ...(count(statuses, 401) === limit ? [] : [`${count(statuses, 401)} guesses returned 401`]),
      ...(late === 429 ? [] : [`the correct password returned ${late} after them`]),
      ...(unexpected === 0 ? [] : [`${unexpected} guesses got another response`]),
    ],
  };
}

/**
 * Concurrent logins with the correct password, ten for each round up to two hundred, to one account and to as many
 * accounts: none is counted as a guess.
 */
export async function logins(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const loginsAtOnce = Math.min(maxLogins, 10 * rounds);
  const [one, ...many] = await createUsers(pair.cluster.pool, loginsAtOnce + 1);
  if (one === undefined) throw new Error('No user was created');
  const toOne = await logInAll(pair, loginsAtOnce, () => one);
  const toMany = await logInAll(pair, loginsAtOnce, (at) => many[at] ?? one);
  return {
    figures: {
      'logins at once to one account': `${toOne.succeeded} succeeded, ${toOne.lockedOut} locked out, ${toOne.retried} retried after 503`,
      'logins at once to as many accounts': `${toMany.succeeded} succeeded, ${toMany.lockedOut} locked out, ${toMany.retried} retried after 503`,
    },
    failures: [toOne, toMany].flatMap(({ succeeded, lockedOut }) =>
      succeeded === loginsAtOnce && lockedOut === 0
        ? []
        : [`${succeeded} of ${loginsAtOnce} succeeded, ${lockedOut} locked out`],
    ),
  };
}

async function logInAll(
  pair: ApiPair,
  loginsAtOnce: number,
  userAt: (at: number) => TestUser,
): Promise<{ succeeded: number; lockedOut: number; retried: number }> {
  let retried = 0;
  const statuses = await atOnce(pair, loginsAtOnce, async (url, at) => {
    const { email, password } = userAt(at);
    for (;;) {
      const { status } = await post(`${url}/v1/auth/login`, { email, password });
      if (status !== 503) return status;
      retried += 1;
    }
  });
  return { succeeded: count(statuses, 200), lockedOut: count(statuses, 429) + count(statuses, 401), retried };
}

function count(statuses: readonly number[], one: number): number {
  return statuses.filter((status) => status === one).length;
}
