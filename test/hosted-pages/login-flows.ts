import type { TestApp } from '../harness/app/app.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import type { PageResponse } from './hosted-app.ts';
import { PageBrowser } from './hosted-app.ts';

/** Logins on the hosted pages, and reads of their results. */
export class HostedLogins {
  constructor(private readonly running: TestApp) {}

  newBrowser(headers: Record<string, string> = {}): PageBrowser {
    return new PageBrowser(this.running.api.baseUrl, headers);
  }

  /** Logs in with the form. */
  async logIn(browser: PageBrowser, user: Pick<FactoryUser, 'email' | 'password'>): Promise<PageResponse> {
    await browser.open('/account/login');
    return await browser.submit({ email: user.email, password: user.password });
  }

  /** The user of the session whose refresh token the browser has, as the console gets it: in cookie mode. */
  async userOf(browser: PageBrowser): Promise<unknown> {
    const { api } = this.running;
    const cookie = { Cookie: `rt=${browser.cookie('rt') ?? ''}`, 'Sec-Fetch-Site': 'same-origin' };
    const { body } = await api.get('/v1/auth/csrf', cookie);
    const { csrfToken } = body as { csrfToken: string };
    const headers = { ...cookie, 'X-CSRF-Token': csrfToken, 'X-Token-Delivery': 'cookie' };
    const refreshed = await api.post('/v1/auth/refresh', {}, headers);
    const { accessToken } = refreshed.body as { accessToken: string };
    const profile = await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` });
    return (profile.body as { id: string }).id;
  }

  /** The active sessions of a user. */
  async sessionsOf({ id }: FactoryUser): Promise<number> {
    const sql = 'SELECT FROM sessions WHERE user_id = $1 AND revoked_at IS NULL';
    return (await this.running.database.pool.query(sql, [id])).rows.length;
  }
}

export function locationOf({ headers }: PageResponse): string {
  return headers.get('location') ?? '';
}
