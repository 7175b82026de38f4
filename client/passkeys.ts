import type { Client } from 'openapi-fetch';
import type { components, paths } from './api.d.ts';
import type { Session } from './session.ts';

type Schemas = components['schemas'];
type Problem = Schemas['Problem'];
type Api = Client<paths>;

export type NewCredential = Schemas['RegisterPasskeyDto']['credential'];
export type UsedCredential = Schemas['PasskeyLoginDto']['credential'];

/** What browsers do with passkeys: see `browser-passkeys.ts`. They throw when the user cancels their dialogs. */
export interface PasskeyBrowser {
  create(options: Schemas['PasskeyCreationOptionsDto']): Promise<NewCredential>;
  get(options: Schemas['PasskeyRequestOptionsDto']): Promise<UsedCredential>;
}

/** Adds a passkey. With the first second factor, the result has recovery codes, which are never shown again. */
export async function addPasskey(
  session: Session,
  name: string,
  browser: PasskeyBrowser,
): Promise<Schemas['RegisteredPasskeyDto'] | Problem> {
  const options = await session.api.POST('/v1/auth/passkeys/options');
  if (options.error !== undefined) return options.error;
  const credential = await browser.create(options.data);
  const { data, error } = await session.api.POST('/v1/auth/passkeys', { body: { name, credential } });
  return error ?? data;
}

/** Logs in with a passkey that the user chooses; no email address and no second factor are needed. */
export async function logInByPasskey(
  api: Api,
  session: Session,
  browser: PasskeyBrowser,
): Promise<Problem | undefined> {
  const options = await api.POST('/v1/auth/passkeys/login/options');
  if (options.error !== undefined) return options.error;
  const credential = await browser.get(options.data);
  const params = { header: session.deliveryHeader };
  const { data, error } = await api.POST('/v1/auth/passkeys/login', { params, body: { credential } });
  if (error !== undefined) return error;
  session.setTokens(data);
  return undefined;
}

/** Completes a login that returned `mfa_required` and has `passkey` among its methods. */
export async function verifyMfaByPasskey(
  api: Api,
  session: Session,
  { mfaToken, browser }: { mfaToken: string; browser: PasskeyBrowser },
): Promise<Problem | undefined> {
  const { data, error } = await api.POST('/v1/auth/mfa/passkey/options', { body: { mfaToken } });
  if (error !== undefined) return error;
  return await session.verifyMfa({ mfaToken, method: 'passkey', credential: await browser.get(data) });
}

/** Verifies a passkey after `reauthentication_required`; repeat the refused call then. */
export async function reauthenticateByPasskey(session: Session, browser: PasskeyBrowser): Promise<Problem | undefined> {
  const { data, error } = await session.api.POST('/v1/auth/reauthenticate/passkey/options');
  if (error !== undefined) return error;
  return await session.reauthenticate({ credential: await browser.get(data) });
}
