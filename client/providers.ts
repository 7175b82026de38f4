import type { Client } from 'openapi-fetch';
import type { components, paths } from './api.d.ts';
import type { Session } from './session.ts';

type Api = Client<paths>;
type MfaRequired = components['schemas']['MfaRequiredDto'];
type Problem = components['schemas']['Problem'];
type ReturnedCode = components['schemas']['OAuthCodeDto'];

/** Where to navigate the browser, and what to keep in `sessionStorage` until it returns. */
export interface StartedProviderLogin {
  readonly url: string;
  readonly codeVerifier: string;
}

/** A provider, and the page to which the browser returns: one of AUTH_OAUTH_REDIRECTS. */
export interface ProviderChoice {
  readonly provider: string;
  readonly redirect: string;
}

/** Starts a login with a provider. */
export async function startProviderLogin(
  baseUrl: string,
  { provider, redirect }: ProviderChoice,
): Promise<StartedProviderLogin> {
  const { codeVerifier, codeChallenge } = await newVerifier();
  const query = new URLSearchParams({ redirect, codeChallenge });
  return { url: `${baseUrl}/v1/auth/oauth/${provider}/authorize?${query.toString()}`, codeVerifier };
}

/** Called by the page of the redirect with its parameter `code`. */
export async function finishProviderLogin(
  api: Api,
  session: Session,
  body: ReturnedCode,
): Promise<Problem | MfaRequired | undefined> {
  const params = { header: session.deliveryHeader };
  const { data, error } = await api.POST('/v1/auth/oauth/exchange', { params, body });
  if (error !== undefined) return error;
  return session.finishLogin(data);
}

/** Starts the link of an account at a provider; requires a recent authentication. */
export async function startLink(
  { api }: Session,
  { provider, redirect }: ProviderChoice,
): Promise<StartedProviderLogin | Problem> {
  const { codeVerifier, codeChallenge } = await newVerifier();
  const options = { params: { path: { provider } }, body: { redirect, codeChallenge } };
  const { data, error } = await api.POST('/v1/auth/identities/{provider}/link', options);
  return error ?? { url: data.url, codeVerifier };
}

/** Called by the page of the redirect with its parameter `code`, in the session that started the link. */
export async function finishLink(session: Session, body: ReturnedCode): Promise<Problem | undefined> {
  const { error } = await session.api.POST('/v1/auth/identities', { body });
  return error;
}

/** Starts the confirmation of a sensitive operation at a provider, for a user without a password and passkey. */
export async function startReauthentication(
  { api }: Session,
  { provider, redirect }: ProviderChoice,
): Promise<StartedProviderLogin | Problem> {
  const { codeVerifier, codeChallenge } = await newVerifier();
  const options = { params: { path: { provider } }, body: { redirect, codeChallenge } };
  const { data, error } = await api.POST('/v1/auth/reauthenticate/oauth/{provider}', options);
  return error ?? { url: data.url, codeVerifier };
}

/** Called by the page of the redirect with its parameter `code`; repeat the refused call then. */
export async function finishReauthentication(session: Session, body: ReturnedCode): Promise<Problem | undefined> {
  const { data, error } = await session.api.POST('/v1/auth/reauthenticate/oauth', { body });
  if (error !== undefined) return error;
  session.setAccessToken(data);
  return undefined;
}

/** The linked accounts of the user. */
export async function listIdentities(session: Session): Promise<readonly components['schemas']['IdentityDto'][]> {
  const { data } = await session.api.GET('/v1/auth/identities');
  return data?.data ?? [];
}

/** A code verifier and its challenge (RFC 7636, S256). */
export async function newVerifier(): Promise<{ readonly codeVerifier: string; readonly codeChallenge: string }> {
  const codeVerifier = base64Url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier));
  return { codeVerifier, codeChallenge: base64Url(new Uint8Array(digest)) };
}

function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
