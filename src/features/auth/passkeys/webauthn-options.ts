import type { PasskeyDescriptor, PasskeyUser } from './passkeys.repository.ts';

/** EdDSA, ES256 and RS256 (RFC 9053): every supported release of Node.js verifies them. */
export const algorithms: readonly number[] = [-8, -7, -257];

/** Milliseconds until the browser stops waiting for the authenticator; less than the lifetime of a challenge. */
const timeout = 240_000;

const required = 'required';
const type = 'public-key';

/** Identifies a passkey to browsers (PublicKeyCredentialDescriptorJSON). */
export interface CredentialDescriptor {
  /** Base64url. */
  readonly id: string;
  readonly type: typeof type;
  readonly transports: readonly string[];
}

/** What `navigator.credentials.create()` needs (PublicKeyCredentialCreationOptionsJSON). */
export interface CreationOptions {
  /** Base64url. */
  readonly challenge: string;
  readonly rp: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly pubKeyCredParams: readonly { readonly type: typeof type; readonly alg: number }[];
  readonly excludeCredentials: readonly CredentialDescriptor[];
  readonly authenticatorSelection: {
    readonly residentKey: typeof required;
    readonly requireResidentKey: true;
    readonly userVerification: typeof required;
  };
  readonly attestation: 'none';
  readonly timeout: number;
}

/** What `navigator.credentials.get()` needs (PublicKeyCredentialRequestOptionsJSON). */
export interface RequestOptions {
  /** Base64url. */
  readonly challenge: string;
  readonly rpId: string;
  readonly allowCredentials: readonly CredentialDescriptor[];
  readonly userVerification: typeof required;
  readonly timeout: number;
}

/** The parts of options that differ from one request to the next. */
interface Ceremony {
  readonly rpId: string;
  readonly challenge: Uint8Array;
  /** The passkeys of the user, where the user is known. */
  readonly known: readonly PasskeyDescriptor[];
}

/** Creates a passkey that can be found without an email address, and whose use verifies its user. */
export function creationOptions(
  { email, displayName, userHandle }: PasskeyUser,
  { rpId, rpName, challenge, known }: Ceremony & { readonly rpName: string },
): CreationOptions {
  return {
    challenge: base64url(challenge),
    rp: { id: rpId, name: rpName },
    user: { id: base64url(userHandle), name: email, displayName: displayName ?? email },
    pubKeyCredParams: algorithms.map((alg) => ({ type, alg })),
    excludeCredentials: known.map(descriptorOf),
    authenticatorSelection: { residentKey: required, requireResidentKey: true, userVerification: required },
    attestation: 'none',
    timeout,
  };
}

/** Uses one of the known passkeys, or any passkey of the relying party when none is known. */
export function requestOptions({ rpId, challenge, known }: Ceremony): RequestOptions {
  const allowCredentials = known.map(descriptorOf);
  return { challenge: base64url(challenge), rpId, allowCredentials, userVerification: required, timeout };
}

function descriptorOf({ credentialId, transports }: PasskeyDescriptor): CredentialDescriptor {
  return { id: base64url(credentialId), type, transports };
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
