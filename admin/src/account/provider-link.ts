import { newVerifier } from '../../../client/providers.ts';
import { ApiError, call } from '../api/index.ts';
import type { components } from '../api/index.ts';

type Started = components['schemas']['StartedOAuthDto'];

const storageKey = 'admin-link-verifier';

/** What the provider returned with, until the tab has shown whether the account was linked. */
let returned: URLSearchParams | undefined;

/** Called before the router reads the URL: the provider returns to the URL of the console, whose fragment names no screen then. */
export function receiveProviderReturn(): void {
  const parameters = new URLSearchParams(location.search);
  if (!parameters.has('code') && !parameters.has('error')) return;
  if (sessionStorage.getItem(storageKey) === null) return;
  returned = parameters;
  history.replaceState(null, '', `${location.pathname}#/account?tab=identities`);
}

/**
 * Leaves the console for the provider, with which the user logs in there.
 * @throws ApiError
 */
export async function startLink(provider: string): Promise<void> {
  if (!isSecureContext) throw notLinked('insecure_context');
  const { codeVerifier, codeChallenge } = await newVerifier();
  const body = { redirect: new URL('.', document.baseURI).href, codeChallenge };
  const { data } = await call<Started>({ method: 'POST', path: `auth/identities/${provider}/link`, body });
  sessionStorage.setItem(storageKey, codeVerifier);
  location.assign(data.url);
}

/**
 * Links the account with which the provider returned; false if it did not return.
 * @throws ApiError
 */
export async function finishLink(): Promise<boolean> {
  const codeVerifier = sessionStorage.getItem(storageKey);
  const code = returned?.get('code');
  const error = returned?.get('error');
  if (returned === undefined) return false;
  returned = undefined;
  sessionStorage.removeItem(storageKey);
  if (typeof error === 'string') throw notLinked(error);
  await call({ method: 'POST', path: 'auth/identities', body: { code, codeVerifier } });
  return true;
}

function notLinked(code: string): ApiError {
  const details: Readonly<Record<string, string>> = {
    insecure_context: 'Browsers have the necessary cryptography on HTTPS and localhost only.',
    access_denied: 'The login was cancelled at the provider.',
  };
  const detail = details[code] ?? 'The login at the provider failed.';
  return new ApiError({ title: 'The account was not linked', status: -1, detail, code }, undefined, undefined);
}
