import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** The bits of authenticator data (WebAuthn §6.1). */
const flagBits = { userPresent: 0x01, userVerified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 };

type Flag = keyof typeof flagBits;

type CborValue = Parameters<typeof isoCBOR.encode>[0];

/** The options that a service returned for a new passkey. */
export interface CreationRequest {
  readonly challenge: string;
  readonly rp: { readonly id: string };
  readonly user: { readonly id: string };
}

/** The options that a service returned for a login, a second factor or a step-up. */
export interface AssertionRequest {
  readonly challenge: string;
  readonly rpId: string;
}

/** What browsers send of every credential; binary members are base64url. */
interface Credential {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly authenticatorAttachment: string;
  readonly clientExtensionResults: Readonly<Record<string, unknown>>;
}

/** The `credential` of a registration. */
export interface NewCredential extends Credential {
  readonly response: { clientDataJSON: string; attestationObject: string; transports: string[] };
}

/** The `credential` of a login, a second factor or a step-up. */
export interface UsedCredential extends Credential {
  readonly response: {
    clientDataJSON: string;
    authenticatorData: string;
    signature: string;
    userHandle: string | null;
  };
}

/** What the browser and the authenticator report; by default as the tests' service expects it. */
export interface Circumstances {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly flags?: readonly Flag[];
  /** The value of the signature counter; by default the next one. */
  readonly counter?: number;
  readonly userHandle?: string | null;
  /** The statement of an attestation in the format `packed`; none by default. */
  readonly packed?: Map<string, CborValue>;
}

/** The origin of the service in tests, which browsers send with a default configuration. */
const defaultOrigin = 'http://localhost:3000';

/**
 * A passkey in an authenticator without hardware: creates ES256 keys and signs assertions as a browser would send them
 * (WebAuthn level 3). With `counts: false` its counter stays 0, as that of passkeys that devices synchronize.
 */
export class SoftwareAuthenticator {
  readonly credentialId: Buffer;
  counter = 0;
  /** Null before the first registration. */
  userHandle: string | null = null;
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  constructor(
    private readonly traits: {
      readonly counts?: boolean;
      readonly flags?: readonly Flag[];
      readonly idBytes?: number;
    } = {},
  ) {
    this.credentialId = randomBytes(traits.idBytes ?? 32);
  }

  /** The `credential` of `POST /v1/auth/passkeys`. */
  create({ challenge, rp, user }: CreationRequest, circumstances: Circumstances = {}): NewCredential {
    this.userHandle = user.id;
    const authenticatorData = Buffer.concat([
      this.authenticatorData({ rpId: rp.id, ...circumstances }, ['attested']),
      Buffer.alloc(16),
      Buffer.from([this.credentialId.length >> 8, this.credentialId.length & 0xff]),
      this.credentialId,
      this.publicKey(),
    ]);
    const attestation = new Map<string, CborValue>([
      ['fmt', circumstances.packed === undefined ? 'none' : 'packed'],
      ['attStmt', circumstances.packed ?? new Map<string, CborValue>()],
      ['authData', new Uint8Array(authenticatorData)],
    ]);
    return this.credential({
      clientDataJSON: clientData({ type: 'webauthn.create', challenge, ...circumstances }).toString('base64url'),
      attestationObject: Buffer.from(isoCBOR.encode(attestation)).toString('base64url'),
      transports: ['internal'],
    });
  }

  /** The `credential` of a login, a second factor or a step-up. */
  get({ challenge, rpId }: AssertionRequest, circumstances: Circumstances = {}): UsedCredential {
    if (this.traits.counts !== false) this.counter += 1;
    const client = clientData({ type: 'webauthn.get', challenge, ...circumstances });
    const authenticator = this.authenticatorData({ rpId, ...circumstances });
    const signed = Buffer.concat([authenticator, createHash('sha256').update(client).digest()]);
    return this.credential({
      clientDataJSON: client.toString('base64url'),
      authenticatorData: authenticator.toString('base64url'),
      signature: sign('sha256', signed, this.keys.privateKey).toString('base64url'),
      userHandle: circumstances.userHandle === undefined ? this.userHandle : circumstances.userHandle,
    });
  }

  private credential<Response>(response: Response): Credential & { readonly response: Response } {
    const id = this.credentialId.toString('base64url');
    return {
      ...{ id, rawId: id, type: 'public-key', response },
      ...{ authenticatorAttachment: 'platform', clientExtensionResults: {} },
    };
  }

  private authenticatorData({ rpId = '', flags, counter }: Circumstances, added: readonly Flag[] = []): Buffer {
    const set = [...(flags ?? this.traits.flags ?? (['userPresent', 'userVerified'] as const)), ...added];
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter ?? this.counter);
    const bits = set.reduce((sum, flag) => sum | flagBits[flag], 0);
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([bits]), count]);
  }

  /** COSE_Key of an ES256 key (RFC 9053 §7.1). */
  private publicKey(): Uint8Array {
    const { x = '', y = '' } = this.keys.publicKey.export({ format: 'jwk' });
    const coordinate = (value: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(value, 'base64url'));
    return isoCBOR.encode(
      new Map<number, number | Uint8Array>([
        ...([
          [1, 2],
          [3, -7],
          [-1, 1],
        ] as const),
        [-2, coordinate(x)],
        [-3, coordinate(y)],
      ]),
    );
  }
}

function clientData({ type, challenge, origin = defaultOrigin }: Circumstances & { challenge: string }): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
}
