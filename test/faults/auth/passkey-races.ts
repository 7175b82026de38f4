import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { mergeResults } from './api-pair.ts';
import { insertChallenges } from './mfa-users.ts';
import type { PasskeyUser } from './passkey-users.ts';
import { createPasskeyUser, creationOptions, page, passkeyOptions } from './passkey-users.ts';
import type { Presentation, SingleUse } from './single-use.ts';
import { parallel, singleUse } from './single-use.ts';
import { auditedSuccesses, post } from './users.ts';

/** An account can have this number of passkeys. */
const passkeysMax = 20;

type Race = Pick<SingleUse, 'name' | 'accepted' | 'rejected'> & {
  readonly uses?: number;
  readonly prepare: (user: PasskeyUser) => Promise<Presentation>;
  readonly events: readonly string[];
};

/** Presents assertions and registrations of passkeys fifty times at once: each challenge is accepted once. */
export async function passkeyRaces(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const results: ScenarioResult[] = [];
  for (const race of racesOf(pair)) results.push(await run(pair, race, rounds));
  return mergeResults(results);
}

function racesOf({ urls: [url], cluster: { pool } }: ApiPair): readonly Race[] {
  const used = { accepted: 200, rejected: [401], events: ['authn_login_success', 'authn_reauthenticated'] };
  return [
    {
      ...used,
      name: 'passkey assertion at login',
      prepare: async ({ authenticator }) => {
        const credential = authenticator.get(await passkeyOptions(url, 'passkeys/login'), page);
        return async (to) => await post(`${to}/v1/auth/passkeys/login`, { credential });
      },
    },
    {
      ...used,
      name: 'passkey challenge at login',
      prepare: async ({ authenticator }) => {
        const request = await passkeyOptions(url, 'passkeys/login');
        const credentials = Array.from({ length: parallel }, () => authenticator.get(request, page));
        return async (to, at) => await post(`${to}/v1/auth/passkeys/login`, { credential: credentials[at] });
      },
    },
    {
      ...used,
      name: 'passkey as second factor',
      prepare: async (user) => {
        const tokens = await insertChallenges(pool, user, { count: parallel });
        const request = await passkeyOptions(url, 'mfa/passkey', { body: { mfaToken: tokens[0] } });
        const credential = user.authenticator.get(request, page);
        return async (to, at) =>
          await post(`${to}/v1/auth/mfa/verify`, { mfaToken: tokens[at], method: 'passkey', credential });
      },
    },
    {
      ...used,
      name: 'passkey at step-up',
      prepare: async ({ authenticator, accessToken }) => {
        const credential = authenticator.get(
          await passkeyOptions(url, 'reauthenticate/passkey', { accessToken }),
          page,
        );
        return async (to) => await post(`${to}/v1/auth/reauthenticate`, { credential }, accessToken);
      },
    },
    {
      name: 'registration of a passkey',
      accepted: 201,
      rejected: [422],
      events: ['mfa_factor_activated'],
      prepare: async ({ accessToken, id }) => {
        await pool.query('DELETE FROM passkeys WHERE user_id = $1 AND last_used_at IS NULL', [id]);
        const credential = new SoftwareAuthenticator().create(await creationOptions(url, accessToken), page);
        return async (to) => await post(`${to}/v1/auth/passkeys`, { name: 'Scenario', credential }, accessToken);
      },
    },
    {
      name: 'registrations of an account',
      accepted: 201,
      rejected: [409],
      uses: passkeysMax - 1,
      events: ['mfa_factor_activated'],
      prepare: async ({ accessToken, id }) => {
        await pool.query('DELETE FROM passkeys WHERE user_id = $1 AND last_used_at IS NULL', [id]);
        const credentials = await Promise.all(
          Array.from({ length: parallel }, async () =>
            new SoftwareAuthenticator().create(await creationOptions(url, accessToken), page),
          ),
        );
        return async (to, at) =>
          await post(`${to}/v1/auth/passkeys`, { name: 'Scenario', credential: credentials[at] }, accessToken);
      },
    },
  ];
}

async function run(pair: ApiPair, { events, prepare, ...race }: Race, rounds: number): Promise<ScenarioResult> {
  const { pool } = pair.cluster;
  const user = await createPasskeyUser(pair.urls[0], pool);
  return await singleUse(pair, {
    ...race,
    // Fifty registrations need fifty keys.
    rounds: race.uses === undefined ? rounds : Math.ceil(rounds / 10),
    prepare: async () => await prepare(user),
    effects: async () => await auditedSuccesses(pool, { users: [user], events }),
  });
}
