import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { mergeResults } from './api-pair.ts';
import { singleUse } from './single-use.ts';
import type { TestUser } from './users.ts';
import { auditedSuccesses, insertOneTimeToken, createUsers, post } from './users.ts';

/** A kind of one-time token: where it is redeemed, and the audit event of that. */
interface Kind {
  readonly path: string;
  readonly verified: boolean;
  readonly event: string;
  readonly email: (user: TestUser) => string;
  readonly more: object;
}

const own = ({ email }: TestUser): string => email;
const newPassword = { newPassword: 'another password that is not guessed' };

const kinds: Readonly<Record<string, Kind>> = {
  'verify-email': { path: 'email/verify', verified: false, event: 'user_email_verified', email: own, more: {} },
  'reset-password': {
    ...{ path: 'password/reset', verified: true, event: 'authn_password_change' },
    ...{ email: own, more: newPassword },
  },
  invitation: {
    ...{ path: 'password/reset', verified: false, event: 'authn_password_change' },
    ...{ email: own, more: newPassword },
  },
  'email-change': {
    ...{ path: 'email/change/confirm', verified: true, event: 'user_email_changed' },
    ...{ email: ({ email }: TestUser) => `new-${email}`, more: {} },
  },
};

/** Redeems each kind of one-time token fifty times at once: only one request may succeed. */
export async function tokenRaces(pair: ApiPair, rounds: number): Promise<ScenarioResult> {
  const results: ScenarioResult[] = [];
  for (const [purpose, kind] of Object.entries(kinds)) results.push(await race(pair, purpose, { kind, rounds }));
  return mergeResults(results);
}

async function race(
  pair: ApiPair,
  purpose: string,
  { kind, rounds }: { kind: Kind; rounds: number },
): Promise<ScenarioResult> {
  const { pool } = pair.cluster;
  const all = await createUsers(pool, rounds, { verified: kind.verified });
  return await singleUse(pair, {
    name: purpose,
    rounds,
    accepted: 204,
    rejected: [400],
    prepare: async (round) => {
      const user = all[round];
      if (user === undefined) throw new Error('There is one user for each round');
      const token = await insertOneTimeToken(pool, purpose, user, kind.email(user));
      return async (url) => await post(`${url}/v1/auth/${kind.path}`, { token, ...kind.more });
    },
    effects: async () => await auditedSuccesses(pool, { users: all, events: [kind.event] }),
  });
}
