import createClient from 'openapi-fetch';
import type { paths } from '../../../client/api.d.ts';
import { Session } from '../../../client/session.ts';
import { configuration } from '../configuration.ts';

const baseUrl = configuration.serviceUrl.replace(/\/$/, '');

/** The session of this tab: the refresh token in a cookie that no script can read, the access token in memory. */
export const session = new Session({ baseUrl, delivery: 'cookie' });

/** For operations that need no session: options of a passkey login. */
export const unauthenticated = createClient<paths>({ baseUrl });

type SessionChange = 'logged-in' | 'logged-out';

/** Tabs share the cookie: a login and a logout in one concern the others. */
const channel = new BroadcastChannel('admin-session');

export function announce(change: SessionChange): void {
  channel.postMessage(change);
}

/** Another tab has logged in or out. Returns the end of the subscription. */
export function onSessionChange(change: SessionChange, listener: () => void): () => void {
  const receive = ({ data }: MessageEvent<unknown>): void => {
    if (data === change) listener();
  };
  channel.addEventListener('message', receive);
  return () => {
    channel.removeEventListener('message', receive);
  };
}

/** The session whose logout has not reached the service; kept across reloads, because the browser keeps the cookie. */
const pendingLogout = 'admin-pending-logout';

export function isLogoutPending(): boolean {
  return localStorage.getItem(pendingLogout) !== null;
}

/**
 * Ends the session. If the service cannot be reached, the next page that is loaded in this browser does.
 * @throws Error when the service cannot be reached
 */
export async function endSession(): Promise<void> {
  if (session.id !== undefined) localStorage.setItem(pendingLogout, session.id);
  await session.logOut();
  localStorage.removeItem(pendingLogout);
}

/**
 * Continues the session of the cookie, or ends it if that is what its user requested.
 * @throws Error when the service cannot be reached
 */
export async function restoreSession(): Promise<void> {
  const ended = localStorage.getItem(pendingLogout);
  if ((await session.restore()) && ended !== null) {
    await session.api.GET('/v1/users/me');
    if (session.isOpen && session.id === undefined) throw new Error('The session could not be identified');
    if (session.id === ended) await endSession();
  }
  localStorage.removeItem(pendingLogout);
}

let shownUserId: string | undefined;

/** Whose pages this tab shows; undefined after the logout. */
export function setShownUser(id: string | undefined): void {
  shownUserId = id;
}

/**
 * Whether the tab shows pages of a user, also after their session has ended: the next request shows the dialog that logs
 * in again, and until then nothing that was typed is lost.
 */
export function isUserShown(): boolean {
  return shownUserId !== undefined;
}

let adopting: Promise<boolean> | undefined;

/**
 * Continues the session of the cookie after that of this tab has ended, if another tab has logged in the same user.
 * Another user gets a page of their own: nothing that this page sends may reach the service as theirs.
 */
export async function adoptSession(): Promise<boolean> {
  adopting ??= adopt().finally(() => {
    adopting = undefined;
  });
  return await adopting;
}

async function adopt(): Promise<boolean> {
  if (session.isOpen) return true;
  const found = new Session({ baseUrl, delivery: 'cookie' });
  if (!(await found.restore().catch(() => false))) return false;
  const { data } = await found.api.GET('/v1/users/me').catch(() => ({ data: undefined }));
  if (data === undefined) return false;
  if (data.id === shownUserId) return await session.restore().catch(() => false);
  location.reload();
  return false;
}
