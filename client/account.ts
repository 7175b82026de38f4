import type { Client } from 'openapi-fetch';
import type { components, paths } from './api.d.ts';
import type { Session } from './session.ts';

type Problem = components['schemas']['Problem'];
type Api = Client<paths>;

/** Registers. Undefined means that a mail is on its way, whether or not the address had an account. */
export async function register(api: Api, account: components['schemas']['RegisterDto']): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/register', { body: account });
  return error;
}

/** What the page behind `/verify-email?token=…` calls when its button is pressed: opening a link must change nothing. */
export async function verifyEmail(api: Api, token: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/email/verify', { body: { token } });
  return error;
}

/** Asks for another verification mail. */
export async function resendVerification(api: Api, email: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/email/verify/resend', { body: { email } });
  return error;
}

/** Asks for the mail that leads to a new password. */
export async function forgotPassword(api: Api, email: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/password/forgot', { body: { email } });
  return error;
}

/** What the pages behind `/reset-password?token=…` and `/accept-invitation?token=…` call. The user logs in afterwards. */
export async function resetPassword(api: Api, token: string, newPassword: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/password/reset', { body: { token, newPassword } });
  return error;
}

/** Changes the password. All other sessions end, and this one goes on under the tokens of the reply. */
export async function changePassword(
  session: Session,
  body: components['schemas']['ChangePasswordDto'],
): Promise<Problem | undefined> {
  const { data, error } = await session.api.POST('/v1/auth/password/change', { body });
  if (error !== undefined) return error;
  session.take(data);
  return undefined;
}

/** Asks to move the account to another address; nothing changes until the mail there is answered. */
export async function changeEmail(session: Session, newEmail: string): Promise<Problem | undefined> {
  const { error } = await session.api.POST('/v1/auth/email/change', { body: { newEmail } });
  return error;
}

/** What the page behind `/change-email?token=…` calls. */
export async function confirmEmailChange(api: Api, token: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/email/change/confirm', { body: { token } });
  return error;
}

/** What the page behind `/revert-email?token=…` calls. All sessions end, and a mail leads to where a password is set. */
export async function revertEmailChange(api: Api, token: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/email/change/revert', { body: { token } });
  return error;
}

/** Asks for a mail that logs in. The reply sets a cookie: the link works in this browser alone. */
export async function requestMagicLink(api: Api, email: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/magic-link', { body: { email } });
  return error;
}

/** What the page behind `/magic-link?token=…` calls, in the browser that has asked for the mail. */
export async function logInByLink(api: Api, session: Session, token: string): Promise<Problem | undefined> {
  const { data, error } = await api.POST('/v1/auth/magic-link/verify', { body: { token } });
  if (error !== undefined) return error;
  session.take(data);
  return undefined;
}

/** The devices on which the user is logged in, newest first; `current` is this one. */
export async function sessions(session: Session): Promise<readonly components['schemas']['SessionDto'][]> {
  const { data, error } = await session.api.GET('/v1/auth/sessions', { params: { query: { perPage: 100 } } });
  if (error !== undefined) throw new Error(error.detail ?? error.title);
  return data.data;
}

/** Logs another device out. */
export async function endSession(session: Session, id: string): Promise<Problem | undefined> {
  const { error } = await session.api.DELETE('/v1/auth/sessions/{id}', { params: { path: { id } } });
  return error;
}

/** Logs all other devices out. */
export async function endOtherSessions(session: Session): Promise<Problem | undefined> {
  const { error } = await session.api.POST('/v1/auth/logout-all', { body: { scope: 'others' } });
  return error;
}
