import { EmailField, StringField } from '../../../platform/validation/fields.ts';
import { validateInput } from '../../../platform/validation/validate-input.ts';

/** Seconds of all requests to a provider that one request of a client causes. */
export const providerTimeoutSeconds = 5;

/** How many seconds the clock of a provider may be off; openid-client has the same limit for ID tokens. */
export const clockToleranceSeconds = 30;

/** What the provider receives in the browser of the user. */
export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Whether the user must authenticate again, although the provider has a session. */
  readonly reauthenticates: boolean;
}

/** What the response of the provider is compared with. */
export type AuthorizationChecks = Pick<AuthorizationRequest, 'state' | 'nonce' | 'codeVerifier'>;

/** What a provider states about the user who authenticated. */
export interface ProviderIdentity {
  /** Together with the subject the key of the account (OpenID Connect Core 5.7). */
  readonly issuer: string;
  readonly subject: string;
  /** Absent when the provider states none that accounts of this service can have. */
  readonly email?: string;
  /** Whether the provider states that the user owns the email address. */
  readonly emailVerified: boolean;
  readonly displayName?: string;
  /** The `sid` of the session at the provider. */
  readonly sessionId?: string;
  /** When the user authenticated at the provider, in seconds since 1970. */
  readonly authTime?: number;
}

/** A provider, as its protocol requires it. */
export interface ProviderClient {
  /** @throws when the provider is unavailable */
  authorizationUrl(request: AuthorizationRequest): Promise<URL>;
  /** Verifies the response of the provider and redeems its code. @throws when the response is invalid */
  redeem(callback: URL, checks: AuthorizationChecks): Promise<ProviderIdentity>;
}

/** A response of a provider that no library rejects. */
export class InvalidProviderResponse extends Error {}

/** A response with a status of an overloaded or failed server. */
export class ProviderServerError extends Error {}

/** Issuer and subject as they are stored. */
const maxIdentifierLength = 255;

/**
 * Whether the value is a text that can be stored. The database would replace a lone surrogate, so that different
 * identifiers became the same.
 */
export function isIdentifier(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > maxIdentifierLength) return false;
  return value.isWellFormed() && !value.includes('\u0000');
}

/** @throws InvalidProviderResponse unless the value is a text that can be stored */
export function identifierOf(value: unknown, name: string): string {
  if (isIdentifier(value)) return value;
  throw new InvalidProviderResponse(`The ${name} of a provider must be a text of 1 to 255 characters`);
}

/** Members of an account, with the rules of a registration. */
class ProfileClaims {
  @EmailField({ optional: true, description: 'Email address' })
  readonly email?: string;

  @StringField({ min: 1, max: 80, optional: true, description: 'Display name' })
  readonly displayName?: string;
}

/** The email address and the display name that an account can have; invalid ones are left out. */
export async function profileOf(
  email: unknown,
  displayName: unknown,
): Promise<Pick<ProviderIdentity, 'email' | 'displayName'>> {
  const claims = { email: email ?? undefined, displayName: displayName ?? undefined };
  const { value, ...others } = await validateInput(ProfileClaims, claims);
  const valid: Partial<ProfileClaims> = value ?? ('valid' in others ? others.valid : {});
  return {
    ...(valid.email === undefined ? {} : { email: valid.email }),
    ...(valid.displayName === undefined ? {} : { displayName: valid.displayName }),
  };
}
