import type { Client } from 'openapi-fetch';
import type { components, paths } from './api.d.ts';
import type { Session } from './session.ts';

type MfaRequired = components['schemas']['MfaRequiredDto'];
type Problem = components['schemas']['Problem'];
type Api = Client<paths>;

/** Registers. Undefined means that an email was sent, whether or not the email address had an account. */
export async function register(api: Api, account: components['schemas']['RegisterDto']): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/register', { body: account });
  return error;
}

/** Called by the button of `/verify-email?token=…`: opening the page must change nothing. */
export async function verifyEmail(api: Api, token: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/email/verify', { body: { token } });
  return error;
}

/** Requests another verification email. */
export async function resendVerification(api: Api, email: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/email/verify/resend', { body: { email } });
  return error;
}

/** Requests an email with a link that resets the password. */
export async function forgotPassword(api: Api, email: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/password/forgot', { body: { email } });
  return error;
}

/** Called by `/reset-password?token=…` and `/accept-invitation?token=…`. The user logs in afterwards. */
export async function resetPassword(api: Api, token: string, newPassword: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/password/reset', { body: { token, newPassword } });
  return error;
}

/** Changes the password. All other sessions are revoked; this one continues with the tokens of the response. */
export async function changePassword(
  session: Session,
  body: components['schemas']['ChangePasswordDto'],
): Promise<Problem | undefined> {
  const params = { header: session.deliveryHeader };
  const { data, error } = await session.api.POST('/v1/auth/password/change', { params, body });
  if (error !== undefined) return error;
  session.setTokens(data);
  return undefined;
}

/** Requests an email change; it takes effect when the link in the email to the new address is confirmed. */
export async function changeEmail(session: Session, newEmail: string): Promise<Problem | undefined> {
  const { error } = await session.api.POST('/v1/auth/email/change', { body: { newEmail } });
  return error;
}

/** Called by `/change-email?token=…`. */
export async function confirmEmailChange(api: Api, token: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/email/change/confirm', { body: { token } });
  return error;
}

/** Called by `/revert-email?token=…`. Revokes all sessions and sends an email with a link that sets a password. */
export async function revertEmailChange(api: Api, token: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/email/change/revert', { body: { token } });
  return error;
}

/** Requests a magic link. The response sets a cookie: the link works in this browser only. */
export async function requestMagicLink(api: Api, email: string): Promise<Problem | undefined> {
  const { error } = await api.POST('/v1/auth/magic-link', { body: { email } });
  return error;
}

/** Called by `/magic-link?token=…`, in the browser that requested the email. */
export async function logInByLink(
  api: Api,
  session: Session,
  token: string,
): Promise<Problem | MfaRequired | undefined> {
  const params = { header: session.deliveryHeader };
  const { data, error } = await api.POST('/v1/auth/magic-link/verify', { params, body: { token } });
  if (error !== undefined) return error;
  return session.finishLogin(data);
}

/** Adds an authenticator app: show `qrCodeSvg` and `secret`, and request a code of the app. */
export async function addAuthenticatorApp(
  session: Session,
  name: string,
): Promise<components['schemas']['PendingTotpDto']> {
  const { data, error } = await session.api.POST('/v1/auth/mfa/totp', { body: { name } });
  if (error !== undefined) throw new Error(error.detail ?? error.title);
  return data;
}

/** Activates the app by a code. Returns the recovery codes, which are never shown again. */
export async function activateAuthenticatorApp(session: Session, id: string, code: string): Promise<readonly string[]> {
  const { data, error } = await session.api.POST('/v1/auth/mfa/totp/{id}/activate', {
    params: { path: { id } },
    body: { code },
  });
  if (error !== undefined) throw new Error(error.detail ?? error.title);
  return data.recoveryCodes;
}

/** Creates an API key with these permissions. Returns the key, which is never shown again. */
export async function createApiKey(session: Session, name: string, scopes: readonly string[]): Promise<string> {
  const { data, error } = await session.api.POST('/v1/auth/api-keys', { body: { name, scopes: [...scopes] } });
  if (error !== undefined) throw new Error(error.detail ?? error.title);
  return data.key;
}

/** Lists the sessions of the user, newest first; `current` marks this one. */
export async function listSessions(session: Session): Promise<readonly components['schemas']['SessionDto'][]> {
  const { data, error } = await session.api.GET('/v1/auth/sessions', { params: { query: { perPage: 100 } } });
  if (error !== undefined) throw new Error(error.detail ?? error.title);
  return data.data;
}

/** Revokes one session. */
export async function revokeSession(session: Session, id: string): Promise<Problem | undefined> {
  const { error } = await session.api.DELETE('/v1/auth/sessions/{id}', { params: { path: { id } } });
  return error;
}

/** Revokes all other sessions. */
export async function revokeOtherSessions(session: Session): Promise<Problem | undefined> {
  const { error } = await session.api.POST('/v1/auth/logout-all', { body: { scope: 'others' } });
  return error;
}
