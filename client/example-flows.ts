import createClient from 'openapi-fetch';
import {
  activateAuthenticatorApp,
  addAuthenticatorApp,
  changeEmail,
  changePassword,
  confirmEmailChange,
  createApiKey,
  forgotPassword,
  listSessions,
  logInByLink,
  register,
  requestMagicLink,
  resendVerification,
  resetPassword,
  revertEmailChange,
  revokeOtherSessions,
  verifyEmail,
} from './account.ts';
import type { paths } from './api.d.ts';
import {
  finishLink,
  finishProviderLogin,
  finishReauthentication,
  listIdentities,
  startLink,
  startProviderLogin,
  startReauthentication,
} from './providers.ts';
import type { PasskeyBrowser } from './passkeys.ts';
import { addPasskey, logInByPasskey, reauthenticateByPasskey, verifyMfaByPasskey } from './passkeys.ts';
import type { SessionOptions } from './session.ts';
import { Session } from './session.ts';

/** What the flows need besides the service: its URL, and access to emails. */
export interface FlowOptions extends SessionOptions {
  /** Returns the `token` of the newest link that was sent to this email address. */
  readonly tokenFrom: (email: string) => Promise<string>;
  /** Invites this email address, as an administrator. */
  readonly invite: (email: string) => Promise<void>;
  /** Returns a code of an authenticator app with this secret that was not used yet. */
  readonly codeFrom: (secret: string) => string;
  /** Logs in at the provider as this account, and returns the `code` with which the browser returns. */
  readonly returnFrom: (url: string, account: string) => Promise<string>;
  /** Creates and uses passkeys, in place of a browser. */
  readonly browser: PasskeyBrowser;
}

/** The results of the steps, for the test. */
export interface FlowResult {
  readonly steps: Readonly<Record<string, unknown>>;
}

const email = 'grace@example.com';
const password = 'nine parts of a compiler';
const google = { provider: 'google', redirect: 'https://app.example.com/logged-in' };

function codeOf(refusal: object | undefined): unknown {
  return refusal !== undefined && 'code' in refusal ? refusal.code : undefined;
}

function unexpected(problem: { readonly title: string }): never {
  throw new Error(problem.title);
}

/** Runs every flow of docs/guides/front-end-auth.md, in its order. */
export async function runFlows({
  tokenFrom,
  invite,
  codeFrom,
  returnFrom,
  browser,
  ...options
}: FlowOptions): Promise<FlowResult> {
  const { baseUrl, fetch = globalThis.fetch } = options;
  const client = createClient<paths>({ baseUrl, fetch });

  const weak = await register(client, { email, password: 'too short' });
  const registered = await register(client, { email, password, displayName: 'Grace' });

  const session = new Session(options);
  const unverified = await session.logIn(email, password);
  await resendVerification(client, email);
  await verifyEmail(client, await tokenFrom(email));

  const refused = await session.logIn(email, 'not the password, I think');
  await session.logIn(email, password);
  const me = await session.api.GET('/v1/users/me');

  const otherDevice = new Session(options);
  await otherDevice.logIn(email, password);
  const devices = await listSessions(session);
  await revokeOtherSessions(session);
  const ended = await otherDevice.api.GET('/v1/users/me');

  const unconfirmed = await session.reauthenticate({ password: 'not the password, I think' });
  const confirmed = await session.reauthenticate({ password });

  const rejected = await changePassword(session, { currentPassword: 'what was it', newPassword: password });
  await changePassword(session, { currentPassword: password, newPassword: 'ten parts of a compiler' });

  await forgotPassword(client, email);
  await resetPassword(client, await tokenFrom(email), 'eleven parts of a compiler');
  const revoked = await session.api.GET('/v1/users/me');
  await session.logIn(email, 'eleven parts of a compiler');

  await changeEmail(session, 'grace.hopper@example.com');
  await confirmEmailChange(client, await tokenFrom('grace.hopper@example.com'));
  const changed = await session.api.GET('/v1/users/me');

  await revertEmailChange(client, await tokenFrom(email));
  await resetPassword(client, await tokenFrom(email), 'twelve parts of a compiler');
  await session.logIn(email, 'twelve parts of a compiler');
  const reverted = await session.api.GET('/v1/users/me');

  const linked = new Session(options);
  await requestMagicLink(client, email);
  await logInByLink(client, linked, await tokenFrom(email));
  const byLink = await linked.api.GET('/v1/users/me');

  await invite('ada@example.com');
  await resetPassword(client, await tokenFrom('ada@example.com'), 'notes upon the memoir');
  const guest = new Session(options);
  await guest.logIn('ada@example.com', 'notes upon the memoir');
  const invited = await guest.api.GET('/v1/users/me');

  const app = await addAuthenticatorApp(guest, 'Phone');
  const [recoveryCode = ''] = await activateAuthenticatorApp(guest, app.factorId, codeFrom(app.secret));

  const login = await guest.logIn('ada@example.com', 'notes upon the memoir');
  const mfaToken = login !== undefined && 'mfaToken' in login ? login.mfaToken : '';
  const wrongCode = await guest.verifyMfa({ mfaToken, method: 'totp', code: '000' });
  const secondFactor = await guest.verifyMfa({ mfaToken, method: 'totp', code: codeFrom(app.secret) });

  const withoutApp = await guest.logIn('ada@example.com', 'notes upon the memoir');
  const recovered = await guest.verifyMfa({
    mfaToken: withoutApp !== undefined && 'mfaToken' in withoutApp ? withoutApp.mfaToken : '',
    method: 'recovery-code',
    code: recoveryCode,
  });

  const key = await createApiKey(guest, 'Nightly export', []);
  const program = createClient<paths>({ baseUrl, fetch, headers: { 'X-API-Key': key } });
  const byKey = await program.GET('/v1/users/me');

  const visitor = new Session(options);
  const leaving = await startProviderLogin(baseUrl, google);
  const code = await returnFrom(leaving.url, 'hopper@example.org');
  const atProvider = await finishProviderLogin(client, visitor, { code, codeVerifier: leaving.codeVerifier });
  const byProvider = await visitor.api.GET('/v1/users/me');

  const confirming = await startReauthentication(visitor, google);
  const atGoogle = 'url' in confirming ? confirming : unexpected(confirming);
  const confirmCode = await returnFrom(atGoogle.url, 'hopper@example.org');
  const confirmation = { code: confirmCode, codeVerifier: atGoogle.codeVerifier };
  const unconfirmedAtProvider = await finishReauthentication(visitor, confirmation);

  const linking = await startLink(session, google);
  const { url: linkUrl, codeVerifier } = 'url' in linking ? linking : unexpected(linking);
  const linkCode = await returnFrom(linkUrl, 'admiral@example.org');
  const notLinked = await finishLink(session, { code: linkCode, codeVerifier });
  const identities = await listIdentities(session);

  const passkey = await addPasskey(guest, 'Laptop', browser);
  const byPasskey = await logInByPasskey(client, guest, browser);

  const begun = await guest.logIn('ada@example.com', 'notes upon the memoir');
  const begunToken = begun !== undefined && 'mfaToken' in begun ? begun.mfaToken : '';
  const passkeyFactor = await verifyMfaByPasskey(client, guest, { mfaToken: begunToken, browser });
  const stepUp = await reauthenticateByPasskey(guest, browser);

  await session.logOut();
  const loggedOut = await session.api.GET('/v1/users/me');

  const page = new Session({ ...options, delivery: 'cookie' });
  await page.logIn(email, 'twelve parts of a compiler');
  const reloaded = new Session({ ...options, delivery: 'cookie' });
  const restored = await reloaded.restore();
  const byCookie = await reloaded.api.GET('/v1/users/me');

  await reloaded.logOut();
  const restoredAgain = await reloaded.restore();

  return {
    steps: {
      weak: weak?.code,
      registered,
      unverified: codeOf(unverified),
      refused: codeOf(refused),
      me: me.data?.displayName,
      devices: devices.map(({ current }) => current),
      ended: ended.response.status,
      unconfirmed: unconfirmed?.code,
      confirmed,
      rejected: rejected?.code,
      revoked: revoked.response.status,
      changed: changed.data?.email,
      reverted: reverted.data?.email,
      byLink: byLink.data?.email,
      wrongCode: wrongCode?.code,
      secondFactor,
      recovered,
      byKey: byKey.data?.email,
      passkey: 'name' in passkey ? passkey.name : passkey.code,
      byPasskey,
      passkeyFactor,
      stepUp,
      invited: invited.data?.emailVerified,
      atProvider,
      byProvider: byProvider.data?.email,
      unconfirmedAtProvider,
      notLinked,
      identities: identities.map(({ provider }) => provider),
      loggedOut: loggedOut.response.status,
      restored,
      byCookie: byCookie.data?.email,
      restoredAgain,
    },
  };
}
