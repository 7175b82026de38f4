import createClient from 'openapi-fetch';
import type { paths } from '../../../client/api.d.ts';
import { Session } from '../../../client/session.ts';
import { configuration } from '../configuration.ts';

const baseUrl = configuration.serviceUrl.replace(/\/$/, '');

/** The session of this tab: the refresh token in a cookie that no script can read, the access token in memory. */
export const session = new Session({ baseUrl, delivery: 'cookie' });

/** For operations that need no session: options of a passkey login. */
export const unauthenticated = createClient<paths>({ baseUrl });

/** Logout and login in one tab concern the others, which share the cookie. */
const channel = new BroadcastChannel('admin-session');

export function announceSessionChange(): void {
  channel.postMessage('changed');
}

/** Another tab has logged out, or logged in another user: what this tab shows belongs to a session that has ended. */
export function onSessionChange(listener: () => void): void {
  channel.addEventListener('message', listener);
}
