import type { Reply, Tokens } from './api.ts';
import type { Running } from './app.ts';
import type { GivenUser } from './given.ts';
import { Mailbox } from './mailbox.ts';

/** Ways in, and what came of them. */
export class Logins {
  private readonly mailbox: Mailbox;

  constructor(private readonly running: Running) {
    this.mailbox = new Mailbox(running.api);
  }

  async byPassword({ email, password }: GivenUser): Promise<Reply> {
    return await this.running.api.post('/v1/auth/login', { email, password });
  }

  /** Asks for a link; the returned call opens it in the same browser. */
  async link({ email }: GivenUser): Promise<() => Promise<Reply>> {
    const { api } = this.running;
    const { headers } = await api.post('/v1/auth/magic-link', { email });
    const token = await this.mailbox.tokenFor(email, 'Log in');
    const cookie = headers['set-cookie']?.split(';')[0] ?? '';
    return async () => await api.post('/v1/auth/magic-link/verify', { token }, { Cookie: cookie });
  }

  /** What the access token and the refresh token of a reply are answered. */
  async statusesOf({ body }: Pick<Reply, 'body'>): Promise<number[]> {
    const { accessToken, refreshToken } = body as Tokens;
    const { api } = this.running;
    const profile = await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` });
    return [profile.status, (await api.post('/v1/auth/refresh', { refreshToken })).status];
  }

  /** The sessions of a user that nobody has ended. */
  async open({ id }: GivenUser): Promise<number> {
    const { rows } = await this.running.database.pool.query(
      'SELECT FROM sessions WHERE user_id = $1 AND killed_at IS NULL',
      [id],
    );
    return rows.length;
  }

  /** Why logins of a user were refused, as the auditor's book has it. */
  async refusals({ id }: GivenUser): Promise<unknown[]> {
    const events = await this.running.given.auditEvents({ subjectId: id, event: 'authn_login_fail' });
    return events.filter(({ outcome }) => outcome === 'failure').map(({ reason }) => reason);
  }
}
