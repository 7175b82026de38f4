import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { DependencyUnavailable } from '../../../platform/resilience/dependency.ts';
import { isObject } from '../../../platform/validation/objects.ts';
import { ProviderTimeout } from './oauth-providers.service.ts';
import { ProviderServerError } from './provider-client.ts';
import { fetchErrors } from './provider-fetch.ts';

/** What the log and the audit log contain about an error: no message, cause or response, which may contain secrets. */
export interface ProviderErrorDetails {
  readonly error: string;
  /** The code of openid-client or of the system. */
  readonly code?: string;
  /** The error that the provider returned (RFC 6749 5.2). */
  readonly providerError?: string;
}

export function describeProviderError(error: unknown): ProviderErrorDetails {
  if (!(error instanceof Error)) return { error: 'unknown' };
  const fromProvider = error instanceof AuthorizationResponseError || error instanceof ResponseBodyError;
  return {
    error: error.constructor.name,
    ...('code' in error && typeof error.code === 'string' ? { code: error.code.slice(0, 64) } : {}),
    ...(fromProvider && /^[\w.-]{1,64}$/.test(error.error) ? { providerError: error.error } : {}),
  };
}

/** Errors of the network, and responses that a provider in good order does not send. */
const unavailableCodes: ReadonlySet<string> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
]);

/** With names of RFC 6749 4.1.2.1 where it has one. */
export type CallbackError = 'access_denied' | 'temporarily_unavailable' | 'login_failed';

/** The `error` with which the browser returns to the front end. */
export function callbackError(error: unknown): CallbackError {
  if (error instanceof AuthorizationResponseError && error.error === 'access_denied') return 'access_denied';
  return isUnavailable(error) ? 'temporarily_unavailable' : 'login_failed';
}

/** Whether the provider did not respond, not as a provider, or that it is unavailable. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof ProviderTimeout || error instanceof ProviderServerError) return true;
  if (error instanceof AuthorizationResponseError) return error.error === 'temporarily_unavailable';
  if (error instanceof ClientError && unavailableCodes.has(error.code ?? '')) return true;
  // By name: what fetch() throws is wrapped, and in tests comes from another realm.
  const cause = error instanceof ClientError ? error.cause : error;
  return cause instanceof DependencyUnavailable || (isObject(cause) && 'name' in cause && fetchErrors.has(cause.name));
}
