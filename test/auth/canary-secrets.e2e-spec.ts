import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiResponse, Tokens } from '../harness/http/api.ts';
import type { Canary, SecretLeak } from '../harness/database/canaries.ts';
import { leaksIn, leaksInDatabase, secretsIn } from '../harness/database/canaries.ts';
import { newClient } from '../harness/database/database.ts';
import { bearerOf, codeOf } from '../harness/http/mfa-flows.ts';
import { SoftwareAuthenticator } from '../harness/http/software-authenticator.ts';
import { operationAt, operations } from '../harness/openapi/api-document.ts';
import { startLyingProvider } from '../harness/openid/lying-provider.ts';
import { newVerifier } from '../harness/openid/oauth-flows.ts';
import { emptyDatabase } from '../harness/database/empty-database.ts';
import { onTeardown, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/*
 * Sends recognizable secrets (canaries) through every flow of the service at the most verbose log level, and then
 * searches for them in the log, in responses and in every column of the database. Random values of responses are secrets
 * too: each may occur only in the response that returned it.
 */

const appSecret = 'canary-app-secret-41b7c0d2e9f8-52a6d3c7e1b0';
const database = await emptyDatabase();
const provider = await startLyingProvider();
const redirect = 'https://app.example.com/logged-in';
const providerSecret = 'canary-client-secret-77d0b1c2a3e4';
const service = ServiceProcess.start(temporaryFolder(), {
  DATABASE_URL: database,
  LOG_LEVEL: 'trace',
  APP_SECRET: appSecret,
  AUTH_MAGIC_LINK_ENABLED: 'true',
  AUTH_OAUTH_PROVIDERS: JSON.stringify({
    acme: { issuer: provider.issuer, clientId: 'plinth', clientSecret: providerSecret },
  }),
  AUTH_OAUTH_REDIRECTS: redirect,
  // A reused token revokes its session at once.
  AUTH_REFRESH_TOKEN_REUSE_INTERVAL_SECONDS: '0',
});
const baseUrl = await service.url();
const client = newClient(database);

interface PlacedCanary extends Canary {
  /** Responses that may contain it, by what was sent; by default only the one that returned it first. */
  responses?: RegExp;
  /** The index of that one. */
  readonly origin?: number;
}

const canaries = new Map<string, PlacedCanary>();
const responses: { readonly to: string; readonly status: number; readonly text: string }[] = [];
const succeeded = new Set<string>();

/** Columns that may contain it in clear text: an idempotency key is no secret, and identifies a request. */
const isMeant = ({ place, name }: SecretLeak): boolean =>
  place === 'idempotency_records.key' && name.startsWith('idempotency key');

/** Registers a secret that a request sends, or one that a response returned. */
function canary(name: string, secret: string, responses?: RegExp): string {
  const known = canaries.get(secret) ?? { name, secret };
  if (responses !== undefined) known.responses = responses;
  canaries.set(secret, known);
  return secret;
}

/** Registers the random values of the last response. */
function recordSecrets(to: string, body: unknown, headers: Headers): void {
  const [cookies, location] = [headers.getSetCookie(), headers.get('location')];
  for (const { name, secret } of secretsIn({ body: { body, location }, cookies })) {
    if (canaries.has(secret)) continue;
    canaries.set(secret, { name: `${name} of the response to ${to}`, secret, origin: responses.length - 1 });
  }
}

canary('APP_SECRET', appSecret);
canary('client secret', providerSecret);

interface Call {
  readonly body?: unknown;
  /** Sent without encoding. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request and stores the body and all header fields of its response. */
async function send(
  to: string,
  [method = '', path = '']: readonly string[],
  { body, raw, headers }: Call = {},
): Promise<ApiResponse> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(baseUrl + path, {
    method,
    headers: { ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
    redirect: 'manual',
  });
  const text = await response.text();
  responses.push({ to, status: response.status, text: `${text}\n${JSON.stringify([...response.headers])}` });
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const parsed: unknown = isJson ? JSON.parse(text) : undefined;
  recordSecrets(to, parsed, response.headers);
  const operation = operationAt(method, path);
  if (operation !== undefined && response.status < 400) succeeded.add(operation.operationId);
  return { status: response.status, headers: Object.fromEntries(response.headers), body: parsed, text };
}

async function post(
  to: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<ApiResponse> {
  return await send(to, ['POST', path], { body, headers });
}

function kept(name: string, { body }: ApiResponse): Tokens {
  const tokens = body as Tokens;
  canary(`access token of ${name}`, tokens.accessToken);
  canary(`refresh token of ${name}`, tokens.refreshToken);
  return tokens;
}

async function logIn(name: string, email: string, password: string): Promise<Tokens> {
  return kept(name, await post('login', '/v1/auth/login', { email, password }));
}

async function mailedTo(email: string): Promise<string> {
  const { body } = await send('mailbox', ['GET', `/dev/mailbox?to=${email}`]);
  const [mail] = (body as { data: { links: string[] }[] }).data;
  const token = new URL(mail?.links[0] ?? '').searchParams.get('token') ?? '';
  return canary(`one-time token of ${email}`, token, /^(mailbox|page)$/);
}

const email = 'canary@example.com';
const password = canary('password', 'canary-password-5c1d77aa');
const second = canary('second password', 'canary-second-password-93be');
const third = canary('third password', 'canary-third-password-0f42');

/** Registration up to a session, including failures. */
async function register(): Promise<void> {
  const weak = canary('weak password', 'canary-weak-1');
  await post('register', '/v1/auth/register', { email, password: weak });
  await post('register', '/v1/auth/register', { email, password, displayName: 'A known name' });
  await post('resend', '/v1/auth/email/verify/resend', { email });
  const guess = canary('guessed one-time token', 'canary-guessed-mailed-token-0000000000000000');
  await post('verify', '/v1/auth/email/verify', { token: guess });
  const token = await mailedTo(email);
  await send('page', ['GET', `/account/verify-email?token=${token}`]);
  const key = canary('idempotency key of verify', 'canary-idempotency-key-1');
  await post('verify', '/v1/auth/email/verify', { token }, { 'Idempotency-Key': key });
  await post('verify', '/v1/auth/email/verify', { token }, { 'Idempotency-Key': key });
  await post('register', '/v1/auth/register', { email, password: second });
}

async function useSessions(): Promise<void> {
  const wrong = canary('wrong password', 'canary-wrong-password-8d1e');
  await post('login refused', '/v1/auth/login', { email, password: wrong });
  await post('login refused', '/v1/auth/login', { email: 'unknown@example.com', password });
  const first = await logIn('first login', email, password);
  const { refreshToken } = first;
  kept('refresh', await post('refresh', '/v1/auth/refresh', { refreshToken }));
  await post('reuse', '/v1/auth/refresh', { refreshToken });
  const guess = canary('guessed refresh token', 'rt_canaryGuessedRefreshToken000000000000000000');
  await post('refresh refused', '/v1/auth/refresh', { refreshToken: guess });
  const other = await logIn('second login', email, password);
  const confirmed = await post('step-up', '/v1/auth/reauthenticate', { password }, bearerOf(other));
  canary('access token of a step-up', (confirmed.body as Tokens).accessToken);
  await post('step-up refused', '/v1/auth/reauthenticate', { password: wrong }, bearerOf(other));
  const listed = await send('sessions', ['GET', '/v1/auth/sessions'], { headers: bearerOf(other) });
  const { data } = listed.body as { data: { id: string; current: boolean }[] };
  const third = kept('third login', await post('login', '/v1/auth/login', { email, password }));
  const own = data.find(({ current }) => current)?.id ?? '';
  await send('end session', ['DELETE', `/v1/auth/sessions/${own}`], { headers: bearerOf(third) });
  await send('events', ['GET', '/v1/auth/security-events'], { headers: bearerOf(third) });
  await post('logout', '/v1/auth/logout', { refreshToken: other.refreshToken });
  await send('me', ['GET', '/v1/users/me'], { headers: bearerOf(other) });
}

/** A browser whose refresh token is in a cookie: login, CSRF token, refresh, refusals and logout. */
async function useCookies(): Promise<void> {
  const delivery = { 'X-Token-Delivery': 'cookie' };
  const keepCookie = (name: string, response: ApiResponse): Record<string, string> => {
    const cookie = response.headers['set-cookie']?.split(';')[0] ?? '';
    canary(`cookie of ${name}`, cookie.split('=')[1] ?? '');
    const { accessToken, csrfToken } = response.body as { accessToken: string; csrfToken: string };
    canary(`access token of ${name}`, accessToken);
    canary(`CSRF token of ${name}`, csrfToken);
    return { ...delivery, Cookie: cookie, 'Sec-Fetch-Site': 'same-origin', 'X-CSRF-Token': csrfToken };
  };
  const first = keepCookie('login', await post('cookie', '/v1/auth/login', { email, password }, delivery));
  const { body } = await send('csrf', ['GET', '/v1/auth/csrf'], { headers: first });
  canary('CSRF token of a page', (body as { csrfToken: string }).csrfToken);
  const second = keepCookie('refresh', await post('cookie', '/v1/auth/refresh', {}, first));
  await post('cookie refused', '/v1/auth/refresh', {}, { ...second, 'Sec-Fetch-Site': 'cross-site' });
  await post('cookie refused', '/v1/auth/logout', {}, { ...second, 'X-CSRF-Token': `${second['X-CSRF-Token']}A` });
  const guess = canary('guessed cookie', 'rt_canaryGuessedCookie0000000000000000000000000');
  await post('cookie refused', '/v1/auth/refresh', {}, { ...second, Cookie: `rt=${guess}` });
  await post('cookie refused', '/v1/auth/refresh', { refreshToken: guess }, second);
  await post('logout', '/v1/auth/logout', {}, second);
}

/** Password reset, email change and its reversal. */
async function changeAccount(): Promise<void> {
  const fourth = canary('fourth password', 'canary-fourth-password-7ab3');
  const account = { email: 'mover@example.com', password: fourth };
  await post('register', '/v1/auth/register', account);
  await post('verify', '/v1/auth/email/verify', { token: await mailedTo(account.email) });
  await post('forgot', '/v1/auth/password/forgot', { email: account.email });
  const fifth = canary('fifth password', 'canary-fifth-password-c04d');
  await form('reset-password', { token: await mailedTo(account.email), newPassword: fifth });
  const tokens = await logIn('mover', account.email, fifth);
  const wrong = canary('wrong current password', 'canary-wrong-current-password-1');
  const change = async (to: string, currentPassword: string): Promise<ApiResponse> =>
    await post(to, '/v1/auth/password/change', { currentPassword, newPassword: fourth }, bearerOf(tokens));
  await change('change refused', wrong);
  const changed = kept('changed password', await change('change', fifth));
  const moved = 'moved@example.com';
  await post('change address', '/v1/auth/email/change', { newEmail: moved }, bearerOf(changed));
  const guess = canary('guessed address token', 'canary-guessed-address-token-000000000000');
  await post('confirm', '/v1/auth/email/change/confirm', { token: guess });
  const confirmation = await mailedTo(moved);
  await send('page', ['GET', `/account/change-email?token=${confirmation}`]);
  await post('confirm', '/v1/auth/email/change/confirm', { token: confirmation });
  const way = await mailedTo(account.email);
  await form('revert-email', { token: guess });
  await post('revert', '/v1/auth/email/change/revert', { token: way });
  await form('reset-password', { token: await mailedTo(account.email), newPassword: 'canary-weak-1' });
}

/** Submits a form of the hosted pages. */
async function form(page: string, fields: Record<string, string>): Promise<void> {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' };
  await send('page', ['POST', `/account/${page}`], { raw: new URLSearchParams(fields).toString(), headers });
}

async function useMagicLinks(): Promise<void> {
  const requested = await post('browser', '/v1/auth/magic-link', { email });
  const cookie = requested.headers['set-cookie']?.split(';')[0] ?? '';
  canary('secret of a browser', cookie.split('=')[1] ?? '');
  const token = await mailedTo(email);
  await post('magic link refused', '/v1/auth/magic-link/verify', { token });
  const other = canary('guessed secret of a browser', 'canaryGuessedBrowserSecret00000000000000000');
  await post('magic link refused', '/v1/auth/magic-link/verify', { token }, { Cookie: `magic-link=${other}` });
  kept('magic link', await post('magic link', '/v1/auth/magic-link/verify', { token }, { Cookie: cookie }));
}

async function useApiKeys(): Promise<void> {
  const owner = bearerOf(await logIn('owner of API keys', email, password));
  const create = async (path: string, body: object): Promise<{ id: string; key: string }> => {
    const idempotency = {
      'Idempotency-Key': canary(`idempotency key of ${path}`, `canary-idempotency-${path.length}`),
    };
    const reply = await post('create key', path, body, { ...owner, ...idempotency });
    const created = reply.body as { id: string; key: string };
    canary(`API key of ${path}`, created.key);
    return created;
  };
  const former = await create('/v1/auth/api-keys', { name: 'Canary', scopes: [] });
  const current = await create(`/v1/auth/api-keys/${former.id}/rotate`, {});
  for (const { key } of [former, current])
    await send('use key', ['GET', '/v1/users/me'], { headers: { 'X-API-Key': key } });
  const key = { 'X-API-Key': current.key };
  await post('key refused', '/v1/auth/api-keys', { name: 'Canary', scopes: [] }, key);
  await post('key refused', '/v1/jobs', { type: 'users.export', payload: { format: 'csv' } }, { ...owner, ...key });
  await send('list keys', ['GET', '/v1/auth/api-keys'], { headers: owner });
  await send('list keys', ['GET', `/v1/auth/api-keys?api_key=${current.key}`], { headers: owner });
  await send('revoke key', ['DELETE', `/v1/auth/api-keys/${current.id}`], { headers: owner });
  await send('revoked key', ['GET', '/v1/users/me'], { headers: key });
}

async function useSecondFactor(): Promise<void> {
  const sixth = canary('sixth password', 'canary-sixth-password-aa17');
  const account = { email: 'second@example.com', password: sixth };
  await post('register', '/v1/auth/register', account);
  await post('verify', '/v1/auth/email/verify', { token: await mailedTo(account.email) });
  const tokens = await logIn('second factor', account.email, sixth);
  const { body } = await post('enrol', '/v1/auth/mfa/totp', {}, bearerOf(tokens));
  const app = body as { factorId: string; secret: string };
  canary('TOTP secret', app.secret);
  const path = `/v1/auth/mfa/totp/${app.factorId}/activate`;
  const activated = await post('activate', path, { code: codeOf(app) }, bearerOf(tokens));
  const { recoveryCodes } = activated.body as { recoveryCodes: string[] };
  for (const code of recoveryCodes) canary('recovery code', code);
  const challenge = await post('challenge', '/v1/auth/login', account);
  const mfaToken = canary('MFA token', (challenge.body as { mfaToken: string }).mfaToken);
  const guess = canary('guessed recovery code', 'CANARYGVESSEDCODE0000000');
  const verify = { mfaToken, method: 'recovery-code' };
  await post('second factor refused', '/v1/auth/mfa/verify', { ...verify, code: guess });
  const [code] = recoveryCodes;
  const second = kept('both factors', await post('second factor', '/v1/auth/mfa/verify', { ...verify, code }));
  await send('factors', ['GET', '/v1/auth/mfa/factors'], { headers: bearerOf(second) });
  await post('recovery codes', '/v1/auth/mfa/recovery-codes', {}, bearerOf(second));
  const other = await post('enrol', '/v1/auth/mfa/totp', {}, bearerOf(second));
  const { factorId } = other.body as { factorId: string };
  await send('delete factor', ['DELETE', `/v1/auth/mfa/totp/${factorId}`], { headers: bearerOf(second) });
  await post('export', '/v1/jobs', { type: 'account.export', payload: {} }, bearerOf(second));
}

/** Logins with a provider, successful and not, and the link of a session. */
async function useProvider(): Promise<void> {
  const owner = kept('owner of links', await post('login', '/v1/auth/login', { email, password }));
  const authorize = async (
    name: string,
    start?: string,
    { codeVerifier, codeChallenge } = newVerifier(),
  ): Promise<{ url: URL; cookie: string; codeVerifier: string }> => {
    canary(`code verifier of ${name}`, codeVerifier);
    const query = new URLSearchParams({ redirect, codeChallenge });
    const path = start ?? `/v1/auth/oauth/acme/authorize?${query.toString()}`;
    const { headers } = await send('authorize', ['GET', path]);
    const cookie = headers['set-cookie']?.split(';')[0] ?? '';
    canary(`cookie of ${name}`, cookie.split('=')[1] ?? '');
    const url = new URL(headers['location'] ?? '');
    for (const secret of ['state', 'nonce']) canary(`${secret} of ${name}`, url.searchParams.get(secret) ?? '');
    return { url, cookie, codeVerifier };
  };
  const comeBack = async (
    name: string,
    { url, cookie }: { url: URL; cookie: string },
    subject = `subject of ${name}`,
  ): Promise<string> => {
    const parameters = await provider.authenticate(url, { sub: subject, email: 'provider@example.com' });
    const code = canary(`provider code of ${name}`, `canary-provider-code-${name.length}`);
    const tokens = provider.response.body as { id_token: string };
    const accessToken = canary(`provider token of ${name}`, `canary-provider-token-${name.length}`);
    const refreshToken = canary(`provider refresh token of ${name}`, `canary-provider-refresh-token-${name.length}`);
    canary(`ID token of ${name}`, tokens.id_token);
    provider.response = { status: 200, body: { ...tokens, access_token: accessToken, refresh_token: refreshToken } };
    const target = `/v1/auth/oauth/acme/callback?${new URLSearchParams({ ...parameters, code }).toString()}`;
    const { headers } = await send('callback', ['GET', target], { headers: { Cookie: cookie } });
    return canary(`code of ${name}`, new URL(headers['location'] ?? '').searchParams.get('code') ?? '');
  };
  const exchange = async (to: string, code: string, codeVerifier: string): Promise<ApiResponse> =>
    await post(to, '/v1/auth/oauth/exchange', { code, codeVerifier });
  const login = await authorize('provider login');
  const code = await comeBack('provider login', login);
  const wrong = canary('wrong code verifier', newVerifier().codeVerifier);
  await exchange('exchange refused', code, wrong);
  kept('provider login', await exchange('exchange', code, login.codeVerifier));
  await exchange('exchange refused', code, login.codeVerifier);
  const abandoned = await authorize('abandoned login');
  await comeBack('abandoned login', abandoned);
  const refused = await authorize('refused login');
  provider.response = { status: 400, body: { error: 'invalid_grant', error_description: code } };
  const state = refused.url.searchParams.get('state') ?? '';
  const query = { state, code: canary('refused provider code', 'canary-refused-provider-code'), iss: provider.issuer };
  const target = `/v1/auth/oauth/acme/callback?${new URLSearchParams(query).toString()}`;
  await send('callback', ['GET', target], { headers: { Cookie: refused.cookie } });
  await send('callback refused', ['GET', target]);
  const inSession = async (name: string, path: string): Promise<{ code: string; codeVerifier: string }> => {
    const verifier = newVerifier();
    const { body } = await post(
      `start ${name}`,
      path,
      { redirect, codeChallenge: verifier.codeChallenge },
      bearerOf(owner),
    );
    const { pathname, search, searchParams } = new URL((body as { url: string }).url);
    canary(`ticket of ${name}`, searchParams.get('ticket') ?? '');
    const started = await authorize(name, pathname + search, verifier);
    return { code: await comeBack(name, started, 'subject of the owner'), codeVerifier: verifier.codeVerifier };
  };
  const link = await inSession('link', '/v1/auth/identities/acme/link');
  await post('link', '/v1/auth/identities', link, bearerOf(owner));
  await post('link refused', '/v1/auth/identities', link, bearerOf(owner));
  const stepUp = await inSession('provider step-up', '/v1/auth/reauthenticate/oauth/acme');
  await post('provider step-up', '/v1/auth/reauthenticate/oauth', stepUp, bearerOf(owner));
  const { body: listed } = await send('identities', ['GET', '/v1/auth/identities'], { headers: bearerOf(owner) });
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: provider.issuer,
    aud: 'plinth',
    sub: 'another subject',
    jti: 'a logout',
    iat: now,
    exp: now + 60,
  };
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const logout = canary('logout token', await provider.sign({ ...claims, events }, { typ: 'logout+jwt' }));
  for (const token of [logout, logout.replace(/.{8}$/, 'AAAAAAAA')])
    await post('provider logout', '/v1/auth/oauth/acme/backchannel-logout', { logout_token: token });
  const [identity] = (listed as { data: { id: string }[] }).data;
  await send('unlink', ['DELETE', `/v1/auth/identities/${identity?.id ?? ''}`], { headers: bearerOf(owner) });
}

/** Passkeys: registration, login, second factor and step-up, and the assertion of another challenge. */
async function usePasskeys(): Promise<void> {
  const account = {
    email: 'passkey@example.com',
    password: canary('seventh password', 'canary-seventh-password-5e0c'),
  };
  await post('register', '/v1/auth/register', account);
  await post('verify', '/v1/auth/email/verify', { token: await mailedTo(account.email) });
  const tokens = await logIn('owner of passkeys', account.email, account.password);
  const page = { origin: baseUrl.replace('127.0.0.1', 'localhost') };
  const authenticator = new SoftwareAuthenticator();
  const optionsOf = async <Options>(path: string, body = {}, headers = {}): Promise<Options> =>
    (await post('passkey options', `/v1/auth/${path}/options`, body, headers)).body as Options;
  const assertion = async (path: string, body = {}, headers = {}): Promise<ReturnType<SoftwareAuthenticator['get']>> =>
    authenticator.get(await optionsOf<{ challenge: string; rpId: string }>(path, body, headers), page);
  type Creation = Parameters<SoftwareAuthenticator['create']>[0];
  const credential = authenticator.create(await optionsOf<Creation>('passkeys', {}, bearerOf(tokens)), page);
  canary('attestation object', credential.response.attestationObject);
  const created = await post('create passkey', '/v1/auth/passkeys', { name: 'Laptop', credential }, bearerOf(tokens));
  await post('passkey refused', '/v1/auth/passkeys', { name: 'Laptop', credential }, bearerOf(tokens));
  const { id } = created.body as { id: string };
  const own = ['GET', `/v1/auth/passkeys/${id}`] as const;
  const used = await assertion('passkeys/login');
  canary('signature of a passkey', used.response.signature);
  const session = kept('passkey login', await post('passkey login', '/v1/auth/passkeys/login', { credential: used }));
  await post('passkey login refused', '/v1/auth/passkeys/login', { credential: used });
  for (const path of [own, ['GET', '/v1/auth/passkeys'] as const])
    await send('passkeys', path, { headers: bearerOf(session) });
  await send('rename passkey', ['PATCH', own[1]], { body: { name: 'Phone' }, headers: bearerOf(session) });
  const challenge = await post('challenge', '/v1/auth/login', account);
  const { mfaToken } = challenge.body as { mfaToken: string };
  const second = { mfaToken, method: 'passkey', credential: await assertion('mfa/passkey', { mfaToken }) };
  kept('passkey as second factor', await post('second factor', '/v1/auth/mfa/verify', second));
  const confirmation = await assertion('reauthenticate/passkey', {}, bearerOf(session));
  await post('step-up', '/v1/auth/reauthenticate', { credential: confirmation }, bearerOf(session));
  await send('delete passkey', ['DELETE', own[1]], { headers: bearerOf(session) });
}

/** Login on the hosted pages: for the browser itself, and for a client. */
async function useHostedPages(): Promise<void> {
  const submit = async (to: string, page: string, fields: object, Cookie = ''): Promise<ApiResponse> => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin', Cookie };
    const raw = new URLSearchParams({ ...fields }).toString();
    return await send(to, ['POST', `/account/${page}`], { raw, headers: form });
  };
  const wrong = canary('wrong password on a page', 'canary-wrong-password-of-a-page-3c19');
  await submit('hosted login refused', 'login', { email, password: wrong });
  const { headers } = await submit('hosted login', 'login', { email, password });
  await submit('hosted logout', 'logout', {}, /\brt=[^;]+/.exec(headers['set-cookie'] ?? '')?.[0]);
  const { codeVerifier, codeChallenge } = newVerifier();
  const returned = await submit('hosted login', 'login', { email, password, redirect, codeChallenge });
  const code = new URL(returned.headers['location'] ?? '').searchParams.get('code') ?? '';
  kept('hosted login', await post('exchange', '/v1/auth/oauth/exchange', { code, codeVerifier }));
}

async function administer(): Promise<void> {
  await client.query(`UPDATE users SET roles = '{user,admin}' WHERE email = $1`, [email]);
  const admin = await logIn('administrator', email, password);
  const key = canary('idempotency key of invite', 'canary-idempotency-key-2');
  const guest = 'guest@example.com';
  const invited = await post('invite', '/v1/users', { email: guest }, { ...bearerOf(admin), 'Idempotency-Key': key });
  const { id } = invited.body as { id: string };
  const invitation = await mailedTo(guest);
  await post('reset', '/v1/auth/password/reset', { token: invitation, newPassword: 'canary-weak-1' });
  await send('page', ['GET', `/account/accept-invitation?token=${invitation}`]);
  await post('reset', '/v1/auth/password/reset', { token: invitation, newPassword: second });
  await logIn('guest', guest, second);
  await post('start reset', `/v1/users/${id}/password-reset`, undefined, bearerOf(admin));
  const reset = await mailedTo(guest);
  const keyed = { 'Idempotency-Key': canary('idempotency key of reset', 'canary-idempotency-key-3') };
  await post('reset', '/v1/auth/password/reset', { token: reset, newPassword: third }, keyed);
  await post('reset', '/v1/auth/password/reset', { token: reset, newPassword: third }, keyed);
  for (const path of ['users', `users/${id}/sessions`, `users/${id}/audit-events`, 'audit-events', 'jobs'])
    await send('lists', ['GET', `/v1/${path}`], { headers: bearerOf(admin) });
  const { rows } = await client.query<{ id: string }>(`SELECT id FROM users WHERE email = 'second@example.com'`);
  const withFactor = `/v1/users/${rows[0]?.id ?? ''}`;
  await send('lists', ['GET', `${withFactor}/mfa`], { headers: bearerOf(admin) });
  await post('reset factors', `${withFactor}/mfa-reset`, undefined, bearerOf(admin));
  await post('disable', `/v1/users/${id}/disable`, undefined, bearerOf(admin));
  await post('export', '/v1/jobs', { type: 'users.export', payload: { format: 'csv' } }, bearerOf(admin));
  await post('logout-all', '/v1/auth/logout-all', { scope: 'all' }, bearerOf(admin));
}

/** Secrets in unexpected places. */
async function misplace(): Promise<void> {
  const lost = canary('misplaced secret', 'canary-misplaced-secret-6e6e', /^page$/);
  for (const raw of [`{"password":"${lost}"`, `{"a":1,"a":"${lost}"}`, `"${lost}"`, `[${JSON.stringify(lost)}]`])
    await send('broken body', ['POST', '/v1/auth/login'], { raw });
  await post('wrong types', '/v1/auth/login', { email: lost, password: [lost] });
  await post('unknown member', '/v1/auth/login', { email, password: lost, secret: lost });
  await post('unknown member', '/v1/auth/refresh', { refreshToken: { lost } });
  await send('page', ['GET', `/account/verify-email?token=${lost}`]);
  for (const path of ['/v1/users', '/account/verify-email', '/livez', '/nothing'])
    await send('query', ['GET', `${path}?access_token=${lost}&password=${lost}`]);
  await send('bearer', ['GET', '/v1/users/me'], { headers: { Authorization: `Bearer ${lost}` } });
  await send('basic', ['GET', '/v1/users/me'], { headers: { Authorization: `Basic ${lost}` } });
  const headers = { Cookie: `__Host-rt=${lost}`, 'X-API-Key': lost, 'X-CSRF-Token': lost };
  await send('headers', ['GET', '/v1/users/me'], { headers });
  const key = { 'Idempotency-Key': `"${lost}` };
  await send('broken key', ['POST', '/v1/auth/password/reset'], { body: { token: 'a' }, headers: key });
}

/** Waits until all jobs have ended, so that everything is written that will be. */
async function idle(): Promise<void> {
  await waitUntil('no job waits any more', async () => {
    const { rows } = await client.query(`SELECT 1 FROM jobs WHERE finished_at IS NULL`);
    return rows.length === 0;
  });
}

beforeAll(async () => {
  await client.connect();
  onTeardown(async () => {
    await client.end();
  });
  await register();
  await useSessions();
  await useCookies();
  await changeAccount();
  await useMagicLinks();
  await useApiKeys();
  await useSecondFactor();
  await useProvider();
  await usePasskeys();
  await useHostedPages();
  await administer();
  await misplace();
  await idle();
});

describe('A secret', () => {
  it('was sent in every flow, and every flow succeeded', () => {
    expect(canaries.size).toBeGreaterThan(100);
    expect([...canaries.keys()].filter((secret) => secret.length < 12)).toEqual([]);
    const statuses: Record<string, number[]> = {};
    for (const { to, status } of responses) (statuses[to] ??= []).push(status);
    expect(statuses).toEqual({
      'login refused': [401, 401],
      'refresh refused': [401],
      'broken body': [400, 400, 422, 422],
      'broken key': [400],
      'wrong types': [422],
      'unknown member': [422, 422],
      'start reset': [202],
      'logout-all': [204],
      register: [422, 202, 202, 202, 202, 202],
      verify: [400, 204, 204, 204, 204, 204],
      forgot: [202],
      change: [200],
      'change refused': [403],
      'change address': [202],
      confirm: [400, 204],
      revert: [204],
      browser: [202],
      'magic link': [200],
      'magic link refused': [400, 400],
      mailbox: Array<number>(11).fill(200),
      page: [200, 200, 200, 400, 422, 200, 400],
      login: Array<number>(10).fill(200),
      'create key': [201, 201],
      'use key': [200, 200],
      'key refused': [403, 400],
      'list keys': [200, 400],
      'revoke key': [204],
      'revoked key': [401],
      enrol: [201, 201],
      activate: [200],
      challenge: [200, 200],
      'second factor refused': [401],
      'second factor': [200, 200],
      factors: [200],
      authorize: [302, 302, 302, 302, 302],
      callback: [303, 303, 303, 303, 303],
      'callback refused': [400],
      'hosted login': [303, 303],
      'hosted login refused': [401],
      'hosted logout': [200],
      exchange: [200, 200],
      'exchange refused': [400, 400],
      'start link': [200],
      refresh: [200],
      reuse: [401],
      'step-up': [200, 200],
      'step-up refused': [401],
      'end session': [204],
      resend: [202],
      'recovery codes': [200],
      'delete factor': [204],
      sessions: [200],
      events: [200],
      logout: [204, 204],
      cookie: [200, 200],
      csrf: [200],
      'cookie refused': [403, 403, 401, 400],
      me: [401],
      invite: [201],
      reset: [422, 204, 204, 204],
      lists: [200, 200, 200, 200, 200, 200],
      'reset factors': [204],
      disable: [200],
      export: [202, 202],
      query: [401, 400, 200, 404],
      bearer: [401],
      basic: [401],
      headers: [401],
      link: [201],
      'link refused': [400],
      'start provider step-up': [200],
      'provider step-up': [200],
      identities: [200],
      'provider logout': [200, 400],
      unlink: [204],
      'passkey options': [201, 201, 201, 201],
      'create passkey': [201],
      'passkey refused': [401],
      'passkey login': [200],
      'passkey login refused': [401],
      passkeys: [200, 200],
      'rename passkey': [200],
      'delete passkey': [204],
    });
  });

  it('is not in the log', () => {
    expect(leaksIn(service.output, [...canaries.values()])).toEqual([]);
    expect(leaksIn(service.output, [{ name: 'route', secret: '/v1/auth/login' }])).toEqual(['route']);
  });

  it('is in no response except the one that returns it', () => {
    const seen = responses.flatMap(({ to, text }, index) => {
      const secrets = [...canaries.values()].filter(
        ({ origin, responses: allowed }) => origin !== index && allowed?.test(to) !== true,
      );
      return leaksIn(text, secrets).map((name) => `${name} in the response to ${to}`);
    });

    expect(seen).toEqual([]);
    expect([...canaries.values()].filter(({ origin }) => origin !== undefined).length).toBeGreaterThan(50);
  });

  it('is sent or returned by every operation on credentials', () => {
    const ofCredentials = operations.filter(({ path }) => path.startsWith('/v1/auth/'));

    const missing = ofCredentials.map(({ operationId }) => operationId).filter((id) => !succeeded.has(id));

    expect(missing).toEqual([]);
  });

  it('is not in clear text in any column of any table', async () => {
    const sightings = await leaksInDatabase(client, [...canaries.values()]);

    expect(sightings.filter((sighting) => !isMeant(sighting))).toEqual([]);
  });

  it('is found where it was planted', async () => {
    const known = [
      { name: 'text', secret: 'A known name' },
      { name: 'json', secret: 'users.export' },
      { name: 'bytes', secret: email },
    ];

    const places = (await leaksInDatabase(client, known)).map(({ place, name }) => `${name} in ${place}`);

    expect(places).toEqual(
      expect.arrayContaining(['text in users.display_name', 'json in jobs.type', 'bytes in artifact_chunks.data']),
    );
  });

  it.each([
    ['the bytes of a token', 'base64url', 'rt_', Buffer.alloc(32, 'Q').toString('base64url')],
    ['the bytes of a TOTP secret', 'base32', '', 'IFAUCQKBIFAUCQKBIFAUCQKBIFAUCQKB'],
  ])('is found as %s', async (name, encoding, prefix, encoded) => {
    const bytes = encoding === 'base32' ? Buffer.alloc(20, 'A') : Buffer.from(encoded, 'base64url');
    const row = [bytes, bytes.toString('hex'), bytes.toString('base64')];
    await client.query('CREATE TABLE planted (raw bytea, hex text, base64 text)');
    await client.query('INSERT INTO planted VALUES ($1, $2, $3)', row);

    const found = await leaksInDatabase(client, [{ name, secret: prefix + encoded }]);
    await client.query('DROP TABLE planted');

    expect(found.map(({ place }) => place).sort()).toEqual(['planted.base64', 'planted.hex', 'planted.raw']);
  });
});
