import { codeOf } from '../../harness/http/mfa-flows.ts';
import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { mergeResults } from './api-pair.ts';
import type { MfaUser } from './mfa-users.ts';
import { allowReplay, createMfaUser, insertChallenges, newRecoveryCodes } from './mfa-users.ts';
import type { Presentation } from './single-use.ts';
import { parallel, singleUse } from './single-use.ts';
import { auditedSuccesses, post } from './users.ts';

type Prepare = (user: MfaUser) => Presentation | Promise<Presentation>;

/** The audit events of each use of a code, and their reason. */
const usesOfTotp = { events: ['authn_login_success', 'authn_reauthenticated'], reason: '%mfa%' };
const usesOfRecoveryCodes = { events: ['authn_recovery_code_used'], reason: '%' };

/**
 * Presents a code of an authenticator app, a recovery code and the token of a login fifty times at once: only one request
 * may succeed, whichever way it came.
 */
export async function secondFactorRaces(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const { pool } = pair.cluster;
  const races: Readonly<Record<string, Prepare>> = {
    'TOTP code at login': async (user) => {
      const code = codeOf(user);
      const tokens = await insertChallenges(pool, user, { count: parallel });
      return async (url, at) => await verify(url, { mfaToken: tokens[at], method: 'totp', code });
    },
    'TOTP code at step-up': (user) => {
      const code = codeOf(user);
      return async (url) => await stepUp(url, user, code);
    },
    'TOTP code at login and step-up': async (user) => {
      const code = codeOf(user);
      const tokens = await insertChallenges(pool, user, { count: parallel });
      return async (url, at) =>
        at % 4 < 2 ? await stepUp(url, user, code) : await verify(url, { mfaToken: tokens[at], method: 'totp', code });
    },
    'recovery code': async (user) => {
      const [code] = await newRecoveryCodes(pair.urls[0], user);
      const tokens = await insertChallenges(pool, user, { count: parallel });
      return async (url, at) => await verify(url, { mfaToken: tokens[at], method: 'recovery-code', code });
    },
    'token of a login': async (user) => {
      const codes = await newRecoveryCodes(pair.urls[0], user);
      const [mfaToken] = await insertChallenges(pool, user, { count: 1 });
      return async (url, at) =>
        await verify(url, { mfaToken, method: 'recovery-code', code: codes[at % codes.length] });
    },
  };
  const results: ScenarioResult[] = [];
  for (const [name, prepare] of Object.entries(races)) results.push(await race(pair, { name, rounds, prepare }));
  return mergeResults(results);
}

async function race(
  pair: ApiPair,
  { name, rounds, prepare }: { name: string; rounds: number; prepare: Prepare },
): Promise<ScenarioResult> {
  const { pool } = pair.cluster;
  const user = await createMfaUser(pair.urls[0], pool);
  return await singleUse(pair, {
    name,
    rounds,
    accepted: 200,
    rejected: [401],
    prepare: async () => {
      await allowReplay(pool, user);
      return await prepare(user);
    },
    effects: async () =>
      await auditedSuccesses(pool, { users: [user], ...(name.startsWith('TOTP') ? usesOfTotp : usesOfRecoveryCodes) }),
  });
}

async function verify(url: string, body: object): ReturnType<Presentation> {
  return await post(`${url}/v1/auth/mfa/verify`, body);
}

async function stepUp(url: string, { accessToken }: MfaUser, code: string): ReturnType<Presentation> {
  return await post(`${url}/v1/auth/reauthenticate`, { code }, accessToken);
}
