import type {
  AuthenticationResponseJSON,
  RegistrationResponseJSON,
  VerifiedAuthenticationResponse,
  VerifiedRegistrationResponse,
} from '@simplewebauthn/server';
import type { PasskeyConfig } from '../../../platform/config/passkeys.ts';
import { isObject } from '../../../platform/validation/objects.ts';
import { algorithms } from './webauthn-options.ts';

// @simplewebauthn/server is imported by its first use: its certificate parsers take a quarter of a second to load.

/** The response of an authenticator that created a passkey; binary members are base64url. */
export interface RegistrationCredential {
  readonly id: string;
  readonly rawId: string;
  readonly response: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
    readonly transports?: readonly string[];
  };
}

/** The response of an authenticator that used a passkey; binary members are base64url. */
export interface AuthenticationCredential {
  readonly id: string;
  readonly rawId: string;
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle?: string | null;
  };
}

/** What the response must have been made for. */
interface Expectation {
  readonly challenge: string;
  readonly relyingParty: PasskeyConfig;
}

/** What an assertion is verified against. */
interface VerificationKey {
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly backupEligible: boolean;
}

/** Bytes of a credential id (WebAuthn §7.1); browsers cannot use a longer one. */
const credentialIdMax = 1023;

type Registration = Extract<VerifiedRegistrationResponse, { verified: true }>['registrationInfo'];
type Assertion = VerifiedAuthenticationResponse['authenticationInfo'];

/** The challenge that the client data (WebAuthn §5.8.1) contains; undefined when they are malformed. */
export function challengeOf(clientDataJSON: string): string | undefined {
  try {
    const data: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString());
    return isObject(data) && 'challenge' in data && typeof data.challenge === 'string' ? data.challenge : undefined;
  } catch {
    return undefined;
  }
}

/** Verifies a registration (WebAuthn §7.1); undefined when it is invalid, or the user was not verified. */
export async function verifyRegistration(
  { id, rawId, response }: RegistrationCredential,
  { challenge, relyingParty }: Expectation,
): Promise<Registration | undefined> {
  const { clientDataJSON, attestationObject } = response;
  const json: RegistrationResponseJSON = {
    ...{ id, rawId, type: 'public-key', clientExtensionResults: {} },
    response: { clientDataJSON, attestationObject },
  };
  try {
    if (await hasCertificates(attestationObject)) return undefined;
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    const result = await verifyRegistrationResponse({
      response: json,
      expectedChallenge: challenge,
      expectedOrigin: [...relyingParty.origins],
      expectedRPID: relyingParty.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...algorithms],
    });
    if (!result.verified) return undefined;
    // The id that is stored is the one in the authenticator data, not the member `id`.
    const { registrationInfo } = result;
    return Buffer.from(registrationInfo.credential.id, 'base64url').length <= credentialIdMax
      ? registrationInfo
      : undefined;
  } catch {
    // The library throws for everything that is invalid; no part of it reads the database.
    return undefined;
  }
}

/** Verifies an assertion (WebAuthn §7.2); undefined when it is invalid, or the user was not verified. */
export async function verifyAssertion(
  { id, rawId, response }: AuthenticationCredential,
  { publicKey, counter, backupEligible }: VerificationKey,
  { challenge, relyingParty }: Expectation,
): Promise<Assertion | undefined> {
  const { clientDataJSON, authenticatorData, signature } = response;
  const json: AuthenticationResponseJSON = {
    ...{ id, rawId, type: 'public-key', clientExtensionResults: {} },
    response: { clientDataJSON, authenticatorData, signature },
  };
  try {
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: json,
      expectedChallenge: challenge,
      expectedOrigin: [...relyingParty.origins],
      expectedRPID: relyingParty.rpId,
      credential: { id, publicKey: new Uint8Array(publicKey), counter },
      requireUserVerification: true,
    });
    // Whether a passkey can be on several devices never changes (§7.2): `amr` depends on it.
    const isSameKind = (authenticationInfo.credentialDeviceType === 'multiDevice') === backupEligible;
    return verified && isSameKind ? authenticationInfo : undefined;
  } catch {
    // The library throws for everything that is invalid, also for a counter that did not increase.
    return undefined;
  }
}

/**
 * No attestation is requested, so browsers send none, or one that the passkey itself signed (WebAuthn §5.1.3 step 24).
 * The other formats are refused before their parsers read a certificate of the client.
 */
async function hasCertificates(attestationObject: string): Promise<boolean> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const format = decoded.get('fmt');
  return format !== 'none' && (format !== 'packed' || decoded.get('attStmt').get('x5c') !== undefined);
}
