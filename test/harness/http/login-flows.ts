import type { ApiResponse, Tokens } from './api.ts';
import type { TestApp } from '../app/app.ts';
import type { FactoryUser } from '../database/factory.ts';
import { Mailbox } from '../mail/mailbox.ts';

/** The configuration of tests that change an account during a login: no lock timeout, for a busy machine. */
export const overtakenEnvironment = { DATABASE_STATEMENT_TIMEOUT_MS: '120000', AUTH_MAGIC_LINK_ENABLED: 'true' };

/** The login flows, and reads of their results. */
export class LoginFlows {
  private readonly mailbox: Mailbox;

  constructor(private readonly running: TestApp) {
    this.mailbox = new Mailbox(running.api);
  }

  async byPassword({ email, password }: FactoryUser): Promise<ApiResponse> {
    return await this.running.api.post('/v1/auth/login', { email, password });
  }

  /** The tokens of a session whose user authenticated eleven minutes ago, too long for a step-up. */
  async oldSession(user: FactoryUser): Promise<Tokens> {
    const { api, database } = this.running;
    const { refreshToken } = await api.logIn(user);
    await database.pool.query(`UPDATE sessions SET auth_time = now() - interval '11 min' WHERE user_id = $1`, [
      user.id,
    ]);
    return (await api.post('/v1/auth/refresh', { refreshToken })).body as Tokens;
  }

  /** Requests a magic link; the returned call opens it in the same browser. */
  async link({ email }: FactoryUser): Promise<() => Promise<ApiResponse>> {
    const { api } = this.running;
    const { headers } = await api.post('/v1/auth/magic-link', { email });
    const token = await this.mailbox.tokenFor(email, 'Log in');
    const cookie = headers['set-cookie']?.split(';')[0] ?? '';
    return async () => await api.post('/v1/auth/magic-link/verify', { token }, { Cookie: cookie });
  }

  /** The statuses of requests with the access token and the refresh token of a response. */
  async statusesOf({ body }: Pick<ApiResponse, 'body'>): Promise<number[]> {
    const { accessToken, refreshToken } = body as Tokens;
    const { api } = this.running;
    const profile = await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` });
    return [profile.status, (await api.post('/v1/auth/refresh', { refreshToken })).status];
  }

  /** The active sessions of a user. */
  async open({ id }: FactoryUser): Promise<number> {
    const { rows } = await this.running.database.pool.query(
      'SELECT FROM sessions WHERE user_id = $1 AND revoked_at IS NULL',
      [id],
    );
    return rows.length;
  }

  /** The reasons of a user's failed logins in the audit log. */
  async refusals({ id }: FactoryUser): Promise<unknown[]> {
    const events = await this.running.factory.auditEvents({ subjectId: id, event: 'authn_login_fail' });
    return events.filter(({ outcome }) => outcome === 'failure').map(({ reason }) => reason);
  }
}
