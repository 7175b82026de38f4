import { codeOf } from '../../harness/http/mfa-flows.ts';
import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { mergeResults } from './api-pair.ts';
import { enrol, insertChallenges } from './mfa-users.ts';
import { parallel, singleUse } from './single-use.ts';
import type { TestUser, TokenPair } from './users.ts';
import { createUsers, logIn, post } from './users.ts';

/** An account can have this number of authenticator apps. */
const factorsMax = 10;

/** Adds and activates authenticator apps fifty times at once. */
export async function enrolmentRaces(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  return mergeResults([
    await enrolments(pair, rounds),
    await activations(pair, rounds),
    await twoActivations(pair, rounds),
  ]);
}

/** As many enrolments succeed as an account may have authenticator apps. */
async function enrolments(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const users = await usersOf(pair, rounds);
  return await singleUse(pair, {
    name: 'enrolment',
    rounds,
    uses: factorsMax,
    accepted: 201,
    rejected: [409],
    prepare: async (round) => {
      const { accessToken } = await users.logIn(round);
      return async (url) => await post(`${url}/v1/auth/mfa/totp`, {}, accessToken);
    },
    effects: async () => await users.factors('activated_at IS NULL'),
  });
}

/**
 * The first code of an authenticator app, presented at its activation, at a login and at a step-up: it activates the app,
 * and is accepted nowhere else. The login is one that was begun after the activation.
 */
async function activations(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const { pool } = pair.cluster;
  const users = await usersOf(pair, rounds);
  return await singleUse(pair, {
    name: 'TOTP code at activation, login and step-up',
    rounds,
    accepted: 200,
    rejected: [401, 404],
    prepare: async (round) => {
      const { accessToken } = await users.logIn(round);
      const app = await enrol(pair.urls[0], accessToken);
      const tokens = await insertChallenges(pool, users.at(round), { count: parallel, versionsAhead: 1 });
      const code = codeOf(app);
      return async (url, at) => {
        if (at % 3 === 0) return await post(`${url}/v1/auth/reauthenticate`, { code }, accessToken);
        if (at % 3 === 1) {
          return await post(`${url}/v1/auth/mfa/verify`, { mfaToken: tokens[at], method: 'totp', code });
        }
        return await post(`${url}/v1/auth/mfa/totp/${app.factorId}/activate`, { code }, accessToken);
      };
    },
    effects: async () => await users.factors('activated_at IS NOT NULL'),
  });
}

/**
 * Two authenticator apps of one account, activated at once: each at most once, and the recovery codes are those of one
 * activation.
 */
async function twoActivations(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const users = await usersOf(pair, rounds);
  let activated = 0;
  let doubled = 0;
  let unused = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { accessToken } = await users.logIn(round);
    const apps = [await enrol(pair.urls[0], accessToken), await enrol(pair.urls[0], accessToken)];
    const responses = await Promise.all(
      Array.from({ length: parallel }, async (_, at) => {
        const { factorId, secret } = apps[at % 2] ?? { factorId: '', secret: '' };
        const url = pair.urls[at % 4 < 2 ? 0 : 1];
        const body = { code: codeOf({ secret }) };
        return {
          factorId,
          ...(await post(`${url}/v1/auth/mfa/totp/${factorId}/activate`, body, accessToken)),
        };
      }),
    );
    const good = responses.filter(({ status }) => status === 200);
    const distinct = new Set(good.map(({ factorId }) => factorId)).size;
    activated += distinct;
    doubled += good.length - distinct;
    if (good.length === 0) unused += 1;
  }
  const mixed = await users.withoutTenRecoveryCodes();
  const stored = await users.factors('activated_at IS NOT NULL');
  return {
    figures: {
      [`activation of two apps at once × ${parallel} × ${rounds}`]: `${parallel * rounds} presented, ${activated} accepted, ${doubled} double spends`,
      'accounts whose recovery codes are not those of one activation': mixed,
    },
    failures: [
      ...(doubled === 0 ? [] : [`${doubled} apps were activated twice`]),
      ...(unused === 0 ? [] : [`${unused} rounds without an activation`]),
      ...(stored === activated ? [] : [`${stored} apps are active after ${activated} activations`]),
      ...(mixed === 0 ? [] : [`${mixed} accounts have the recovery codes of several activations`]),
    ],
  };
}

/** One user for each round, and what the database has of them. */
interface RoundUsers {
  readonly at: (round: number) => TestUser;
  readonly logIn: (round: number) => Promise<TokenPair>;
  /** Counts their authenticator apps that match. */
  readonly factors: (condition: string) => Promise<number>;
  readonly withoutTenRecoveryCodes: () => Promise<number>;
}

async function usersOf({ cluster: { pool }, urls }: ApiPair, rounds: number): Promise<RoundUsers> {
  const users = await createUsers(pool, rounds);
  const ids = users.map(({ id }) => id);
  const at = (round: number): TestUser => {
    const user = users[round];
    if (user === undefined) throw new Error('There is one user for each round');
    return user;
  };
  const count = async (sql: string): Promise<number> => {
    const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${sql}`, [ids]);
    return rows[0]?.count ?? 0;
  };
  return {
    at,
    logIn: async (round) => await logIn(urls[0], at(round)),
    factors: async (condition) => await count(`totp_factors WHERE user_id = ANY ($1) AND ${condition}`),
    withoutTenRecoveryCodes: async () =>
      await count(
        `unnest($1::uuid[]) AS owner WHERE (SELECT count(*) FROM recovery_codes WHERE user_id = owner) <> 10`,
      ),
  };
}
