import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { newApiKey } from '../../src/platform/crypto/api-key-format.ts';
import type { Api, ApiResponse } from '../harness/http/api.ts';
import { configuredApp, responseTimePeriodMs } from '../harness/app/configured-app.ts';
import { SoftwareAuthenticator } from '../harness/http/software-authenticator.ts';

const { api, factory } = await configuredApp();

const password = 'a password of some length';
const secret = (): string => randomBytes(32).toString('base64url');
const email = (): string => `${secret().toLowerCase()}@example.com`;

/** An assertion that no user of this service has made. */
function credential(): object {
  const challenge = secret();
  return new SoftwareAuthenticator().get({ challenge, rpId: 'localhost' }, { userHandle: secret() });
}

type Operation = readonly [path: string, status: number, body: () => object];

const unauthenticated: readonly Operation[] = [
  ['register', 202, () => ({ email: email(), password })],
  ['email/verify/resend', 202, () => ({ email: email() })],
  ['password/forgot', 202, () => ({ email: email() })],
  ['login', 401, () => ({ email: email(), password })],
  ['mfa/verify', 401, () => ({ mfaToken: secret(), method: 'totp', code: '123456' })],
  ['mfa/passkey/options', 401, () => ({ mfaToken: secret() })],
  ['passkeys/login', 401, () => ({ credential: credential() })],
  ['oauth/exchange', 400, () => ({ code: secret(), codeVerifier: secret() })],
  ['refresh', 401, () => ({ refreshToken: `rt_${secret()}` })],
  ['email/verify', 400, () => ({ token: secret() })],
  ['email/change/confirm', 400, () => ({ token: secret() })],
  ['email/change/revert', 400, () => ({ token: secret() })],
  ['password/reset', 400, () => ({ token: secret(), newPassword: password })],
];

const ofUsers: readonly Operation[] = [
  ['email/change', 202, () => ({ newEmail: email() })],
  ['password/change', 403, () => ({ currentPassword: secret(), newPassword: password })],
  ['reauthenticate', 401, () => ({ password: secret() })],
  ['reauthenticate/oauth', 400, () => ({ code: secret(), codeVerifier: secret() })],
  ['identities', 400, () => ({ code: secret(), codeVerifier: secret() })],
];

const forms: readonly Operation[] = [
  ['register', 200, () => ({ email: email(), password })],
  ['resend-verification', 200, () => ({ email: email() })],
  ['forgot-password', 200, () => ({ email: email() })],
  ['login', 401, () => ({ email: email(), password })],
  ['passkey-login', 401, () => ({ credential: JSON.stringify(credential()) })],
  ['second-factor', 401, () => ({ login: secret(), method: 'totp', code: '123456' })],
  ['verify-email', 400, () => ({ token: secret() })],
  ['change-email', 400, () => ({ token: secret() })],
  ['revert-email', 400, () => ({ token: secret() })],
  ['reset-password', 400, () => ({ token: secret(), newPassword: password })],
  ['accept-invitation', 400, () => ({ token: secret(), newPassword: password })],
];

/** The status, and whether the response arrived before the first point in time at which it may be sent. */
async function timed(send: () => Promise<{ readonly status: number }>): Promise<object> {
  const startedAt = performance.now();
  const { status } = await send();
  // The timers of Node count whole milliseconds, and may begin one before the request.
  return { status, early: performance.now() - startedAt < responseTimePeriodMs - 1 };
}

async function submit(page: string, fields: object): Promise<Response> {
  const origin = api.baseUrl;
  return await fetch(`${origin}/account/${page}`, {
    method: 'POST',
    headers: { 'Sec-Fetch-Site': 'same-origin', Accept: 'text/html' },
    body: new URLSearchParams(fields as Record<string, string>),
    redirect: 'manual',
  });
}

describe('A response whose time could reveal its cause', () => {
  const post = async (caller: Api, path: string, body: object): Promise<ApiResponse> =>
    await caller.post(`/v1/auth/${path}`, body);

  it.each(unauthenticated)('of POST /v1/auth/%s with %i is not sent before its time', async (path, status, body) => {
    expect(await timed(async () => await post(api, path, body()))).toEqual({ status, early: false });
  });

  it.each(ofUsers)('of POST /v1/auth/%s with %i is not sent before its time', async (path, status, body) => {
    const user = api.as(await factory.user());
    await user.get('/v1/users/me');

    expect(await timed(async () => await post(user, path, body()))).toEqual({ status, early: false });
  });

  it.each(forms)('of POST /account/%s with %i is not sent before its time', async (page, status, fields) => {
    expect(await timed(async () => await submit(page, fields()))).toEqual({ status, early: false });
  });

  it('of an unknown API key is not sent before its time', async () => {
    const { key } = newApiKey('test');
    const send = async (): Promise<ApiResponse> => await api.get('/v1/users/me', { 'X-API-Key': key });

    expect(await timed(send)).toEqual({ status: 401, early: false });
  });
});
