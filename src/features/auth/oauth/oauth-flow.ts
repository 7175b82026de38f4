import type { Encryptor } from '../../../platform/crypto/encryptor.ts';
import type { ProviderIdentity } from './provider-client.ts';

/** The session that a link or a step-up was started in. */
export interface OAuthCaller {
  readonly userId: string;
  readonly sessionId: string;
}

/** A login with a provider that a client starts. */
export interface OAuthRequest {
  readonly provider: string;
  /** A session, another way to log in, or a step-up of a session. */
  readonly purpose: 'login' | 'link' | 'step-up';
  /** Absent for a login. */
  readonly caller?: OAuthCaller;
  readonly redirect: string;
  /** Of the client's own code verifier (RFC 7636), so that only the client that started the flow can complete it. */
  readonly codeChallenge: string;
}

/** The same with the secrets of the exchange with the provider. */
export interface OAuthFlow extends OAuthRequest {
  readonly id: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** A flow after the response of the provider was verified. */
export interface VerifiedLogin extends Omit<OAuthRequest, 'redirect'> {
  readonly startedAt: number;
  readonly identity: ProviderIdentity;
}

/** Values that a browser keeps for the service: encrypted under APP_SECRET, with an expiry, for one use each. */
export class EncryptedState<T extends object> {
  constructor(
    private readonly encryptor: Encryptor,
    /** Distinguishes the kinds of values: one cannot replace another. */
    private readonly kind: string,
    private readonly lifetimeSeconds: number,
  ) {}

  /** Returns base64url. */
  encode(value: T): string {
    const expiresAt = Date.now() + this.lifetimeSeconds * 1000;
    return Buffer.from(this.encryptor.encrypt(JSON.stringify({ value, expiresAt }), this.kind)).toString('base64url');
  }

  /** Undefined for a text that `encode` did not return, and for an expired one. */
  decode(text: string | undefined): T | undefined {
    if (text === undefined) return undefined;
    try {
      const json = this.encryptor.decrypt(Buffer.from(text, 'base64url'), this.kind);
      const { value, expiresAt } = JSON.parse(json) as { value: T; expiresAt: number };
      return expiresAt > Date.now() ? value : undefined;
    } catch {
      return undefined;
    }
  }
}
