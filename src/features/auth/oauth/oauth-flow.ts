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

/** A session that the hosted pages created for the client with this code challenge. */
export interface HostedLogin {
  readonly purpose: 'hosted-login';
  readonly codeChallenge: string;
  readonly refreshToken: string;
}

/** A flow after the response of the provider was verified. */
export interface VerifiedLogin extends Omit<OAuthRequest, 'redirect'> {
  readonly startedAt: number;
  readonly identity: ProviderIdentity;
}
