import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { atOnce, mergeResults } from './api-pair.ts';
import { codeOfLogin } from './provider-logins.ts';
import { singleUse } from './single-use.ts';
import { post } from './users.ts';

/** Browsers in which the owner of a new account logs in for the first time at once. */
const browsers = 6;

/** Exchanges the code of a login with a provider fifty times at once, and several codes of one new account. */
export async function exchangeRaces(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  return mergeResults([await exchanges(pair, rounds), await firstLogins(pair, rounds)]);
}

async function exchanges(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  return await singleUse(pair, {
    name: 'code of a provider login',
    rounds,
    accepted: 200,
    rejected: [400],
    prepare: async (round) => {
      const code = await codeOfLogin(pair.urls[round % 2 === 0 ? 0 : 1], round + 1);
      return async (url) => await post(`${url}/v1/auth/oauth/exchange`, code);
    },
    effects: async () => await count(pair, 'sessions s JOIN identities i ON i.id = s.identity_id'),
  });
}

/** The first logins of one account in several browsers: all succeed, and create one user. */
async function firstLogins(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  let rejected = 0;
  const before = await count(pair, 'identities');
  for (let round = 0; round < rounds; round += 1) {
    const codes = await atOnce(pair, browsers, async (url) => await codeOfLogin(url, 1_000_000 + round));
    const responses = await atOnce(pair, browsers, async (url, at) => {
      return await post(`${url}/v1/auth/oauth/exchange`, codes[at] ?? {});
    });
    rejected += responses.filter(({ status }) => status !== 200).length;
  }
  const created = (await count(pair, 'identities')) - before;
  return {
    figures: {
      [`first logins of one account × ${browsers} × ${rounds}`]: `${browsers * rounds - rejected} succeeded, ${created} accounts linked`,
    },
    failures: [
      ...(rejected === 0 ? [] : [`${rejected} first logins were rejected`]),
      ...(created === rounds ? [] : [`${created} accounts were linked in ${rounds} rounds`]),
    ],
  };
}

async function count({ cluster }: ApiPair, sql: string): Promise<number> {
  const { rows } = await cluster.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${sql}`);
  return rows[0]?.count ?? 0;
}
