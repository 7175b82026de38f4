import type { ScenarioResult } from '../scenario.ts';
import type { ApiPair } from './api-pair.ts';
import { atOnce } from './api-pair.ts';
import type { TestUser } from './users.ts';
import { insertOneTimeToken, createUsers, post } from './users.ts';

const parallel = 50;

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
  const figures: Record<string, string> = {};
  const failures: string[] = [];
  for (const [purpose, kind] of Object.entries(kinds)) {
    const { redeemed, doubled, others } = await race(pair, purpose, { kind, rounds });
    figures[`${purpose} × ${parallel} × ${rounds}`] = `${redeemed} redeemed, ${doubled} twice`;
    if (redeemed !== rounds || doubled > 0)
      failures.push(`${purpose}: ${redeemed} of ${rounds} redeemed, ${doubled} twice`);
    if (others > 0) failures.push(`${purpose}: ${others} requests got another response`);
  }
  return { figures, failures };
}

async function race(
  pair: ApiPair,
  purpose: string,
  { kind, rounds }: { kind: Kind; rounds: number },
): Promise<{ redeemed: number; doubled: number; others: number }> {
  const { pool } = pair.cluster;
  const all = await createUsers(pool, rounds, { verified: kind.verified });
  let redeemed = 0;
  let doubled = 0;
  let others = 0;
  for (const user of all) {
    const token = await insertOneTimeToken(pool, purpose, user, kind.email(user));
    const responses = await atOnce(
      pair,
      parallel,
      async (url) => await post(`${url}/v1/auth/${kind.path}`, { token, ...kind.more }),
    );
    const good = responses.filter(({ status }) => status === 204).length;
    redeemed += Math.min(good, 1);
    doubled += Math.max(0, good - 1);
    others += responses.filter(({ status }) => status !== 204 && status !== 400).length;
  }
  const { rows } = await pool.query<{ effects: number }>(
    `SELECT count(*)::int AS effects FROM audit_events WHERE subject_id = ANY($1) AND event = $2 AND outcome = 'success'`,
    [all.map(({ id }) => id), kind.event],
  );
  const effects = rows[0]?.effects ?? 0;
  return { redeemed: Math.min(redeemed, effects), doubled: Math.max(doubled, effects - rounds), others };
}
