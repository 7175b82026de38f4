import type { Finding } from '../scenario.ts';
import type { Pair } from './part.ts';
import { atOnce } from './part.ts';
import type { Person } from './people.ts';
import { mailedToken, people, post } from './people.ts';

const parallel = 50;

/** A kind of mailed token: what it is spent on, and what the auditor's book says once it was. */
interface Kind {
  readonly path: string;
  readonly verified: boolean;
  readonly event: string;
  readonly address: (person: Person) => string;
  readonly more: object;
}

const own = ({ email }: Person): string => email;
const newPassword = { newPassword: 'another one that nobody guesses' };

const kinds: Readonly<Record<string, Kind>> = {
  'verify-email': { path: 'email/verify', verified: false, event: 'user_email_verified', address: own, more: {} },
  'reset-password': {
    ...{ path: 'password/reset', verified: true, event: 'authn_password_change' },
    ...{ address: own, more: newPassword },
  },
  invitation: {
    ...{ path: 'password/reset', verified: false, event: 'authn_password_change' },
    ...{ address: own, more: newPassword },
  },
  'email-change': {
    ...{ path: 'email/change/confirm', verified: true, event: 'user_email_changed' },
    ...{ address: ({ email }: Person) => `new-${email}`, more: {} },
  },
};

/** Every kind of mailed token, presented fifty times at once: it is spent once. */
export async function tokenRaces(pair: Pair, rounds: number): Promise<Finding> {
  const figures: Record<string, string> = {};
  const broken: string[] = [];
  for (const [purpose, kind] of Object.entries(kinds)) {
    const { spent, doubled, others } = await race(pair, purpose, { kind, rounds });
    figures[`${purpose} × ${parallel} × ${rounds}`] = `${spent} spent, ${doubled} twice`;
    if (spent !== rounds || doubled > 0) broken.push(`${purpose}: ${spent} of ${rounds} spent, ${doubled} twice`);
    if (others > 0) broken.push(`${purpose}: ${others} presentations answered otherwise`);
  }
  return { figures, broken };
}

async function race(
  pair: Pair,
  purpose: string,
  { kind, rounds }: { kind: Kind; rounds: number },
): Promise<{ spent: number; doubled: number; others: number }> {
  const { pool } = pair.stage;
  const all = await people(pool, rounds, { verified: kind.verified });
  let spent = 0;
  let doubled = 0;
  let others = 0;
  for (const person of all) {
    const token = await mailedToken(pool, purpose, person, kind.address(person));
    const answers = await atOnce(
      pair,
      parallel,
      async (url) => await post(`${url}/v1/auth/${kind.path}`, { token, ...kind.more }),
    );
    const good = answers.filter(({ status }) => status === 204).length;
    spent += Math.min(good, 1);
    doubled += Math.max(0, good - 1);
    others += answers.filter(({ status }) => status !== 204 && status !== 400).length;
  }
  const { rows } = await pool.query<{ effects: number }>(
    `SELECT count(*)::int AS effects FROM audit_events WHERE subject_id = ANY($1) AND event = $2 AND outcome = 'success'`,
    [all.map(({ id }) => id), kind.event],
  );
  const effects = rows[0]?.effects ?? 0;
  return { spent: Math.min(spent, effects), doubled: Math.max(doubled, effects - rounds), others };
}
