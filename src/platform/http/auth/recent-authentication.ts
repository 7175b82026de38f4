import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { ReauthenticationRequired } from './auth.errors.ts';
import type { Authentication, Principal } from './principal.ts';

/** Methods that never satisfy a step-up: reading an email proves no authenticator of the account. */
const insufficientMethods: readonly string[] = ['email'];

/**
 * Step-up authentication (RFC 9470, ASVS 7.5.3), decided without a query by the access token and the cached session.
 */
@Injectable()
export class RecentAuthentication {
  constructor(@Inject(configToken('auth')) private readonly config: AuthConfig) {}

  /** @throws ReauthenticationRequired, for API keys always */
  assertRecent({ authentication, mfaEnabled = false }: Principal): void {
    const maxAge = this.config.stepUpMaxAgeSeconds;
    if (authentication !== undefined && isSufficient(authentication, { maxAge, mfaEnabled })) return;
    throw new ReauthenticationRequired(mfaEnabled ? 'aal2' : 'aal2 aal1', maxAge);
  }
}

function isSufficient(
  { time, methods, level }: Authentication,
  { maxAge, mfaEnabled }: { readonly maxAge: number; readonly mfaEnabled: boolean },
): boolean {
  if (Date.now() / 1000 - time > maxAge) return false;
  return mfaEnabled ? level === 'aal2' : methods.some((method) => !insufficientMethods.includes(method));
}
