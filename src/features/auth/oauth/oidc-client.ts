import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { createRemoteJWKSet, customFetch as keySetFetch, jwtVerify } from 'jose';
import type { ClientAuth, Configuration } from 'openid-client';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
} from 'openid-client';
import { SharedResult } from '../../../platform/async/shared-result.ts';
import type { OAuthProviderConfig } from '../../../platform/config/variables/oauth.ts';
import type { AuthorizationChecks, AuthorizationRequest, ProviderClient, ProviderIdentity } from './provider-client.ts';
import {
  clockToleranceSeconds,
  identifierOf,
  InvalidProviderResponse,
  profileOf,
  providerTimeoutSeconds,
} from './provider-client.ts';
import type { ProviderFetch } from './provider-fetch.ts';
import { allowHttp } from './provider-fetch.ts';

/** How long the metadata of a provider is used before it is requested again. */
const metadataLifetimeMs = 3_600_000;

/** Logout tokens are sent at once. */
const logoutTokenMaxAge = '2 minutes';

interface Discovered {
  readonly configuration: Configuration;
  /** The keys of logout tokens; openid-client has a cache of its own for ID tokens. */
  readonly keys: JWTVerifyGetKey;
}

/** An OpenID Connect provider: discovery, authorization code flow with PKCE, and logout tokens. */
export class OidcClient implements ProviderClient {
  /** Requested when it is needed first, so that a provider that is down does not stop the start. */
  private readonly metadata = new SharedResult(metadataLifetimeMs, async () => await this.discover());

  constructor(
    private readonly provider: OAuthProviderConfig,
    private readonly fetch: ProviderFetch,
  ) {}

  async authorizationUrl({
    redirectUri,
    state,
    nonce,
    codeVerifier,
    reauthenticates,
  }: AuthorizationRequest): Promise<URL> {
    const { configuration } = await this.metadata.get();
    return buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.provider.scopes.join(' '),
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      ...(reauthenticates ? { prompt: 'login', max_age: '0' } : {}),
    });
  }

  async redeem(callback: URL, { state, nonce, codeVerifier }: AuthorizationChecks): Promise<ProviderIdentity> {
    const { configuration } = await this.metadata.get();
    const tokens = await authorizationCodeGrant(configuration, callback, {
      pkceCodeVerifier: codeVerifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new InvalidProviderResponse('The response has no ID token');
    // openid-client compares `azp` only when the token has several audiences (OpenID Connect Core 3.1.3.7).
    if (claims.azp !== undefined && claims.azp !== this.provider.clientId)
      throw new InvalidProviderResponse('The ID token was issued to another client');
    const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
    const profile = hasUserInfo ? await fetchUserInfo(configuration, tokens.access_token, claims.sub) : claims;
    // An email address and whether it is verified come from the same response.
    const { email, email_verified: verified } = profile.email === undefined ? claims : profile;
    return {
      issuer: identifierOf(claims.iss, 'issuer'),
      subject: identifierOf(claims.sub, 'subject'),
      ...(await profileOf(email, profile.name ?? claims['name'])),
      emailVerified: verified === true,
      ...(typeof claims['sid'] === 'string' ? { sessionId: identifierOf(claims['sid'], 'session id') } : {}),
      ...(claims.auth_time === undefined ? {} : { authTime: claims.auth_time }),
    };
  }

  /**
   * Verifies the signature and the standard claims of a logout token (OpenID Connect Back-Channel Logout 2.6).
   * @throws errors of jose
   */
  async verifyLogoutToken(token: string): Promise<JWTPayload> {
    const { configuration, keys } = await this.metadata.get();
    const { payload } = await jwtVerify(token, keys, {
      issuer: configuration.serverMetadata().issuer,
      audience: this.provider.clientId,
      typ: 'logout+jwt',
      algorithms: [this.provider.idTokenAlgorithm],
      maxTokenAge: logoutTokenMaxAge,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['jti', 'events'],
    });
    return payload;
  }

  private async discover(): Promise<Discovered> {
    const { issuer, clientId, clientSecret, idTokenAlgorithm } = this.provider;
    const isInsecure = issuer.startsWith('http:');
    const configuration = await discovery(
      new URL(issuer),
      clientId,
      { id_token_signed_response_alg: idTokenAlgorithm },
      clientAuthentication(clientSecret),
      {
        timeout: providerTimeoutSeconds,
        [customFetch]: this.fetch,
        // Without it, openid-client verifies no signature, because the ID token comes from the provider over TLS.
        execute: [enableNonRepudiationChecks, ...(isInsecure ? [allowHttp] : [])],
      },
    );
    const { jwks_uri: keysUrl } = configuration.serverMetadata();
    if (keysUrl === undefined) throw new InvalidProviderResponse('The metadata of the provider has no jwks_uri');
    if (!isInsecure && !keysUrl.startsWith('https:'))
      throw new InvalidProviderResponse('The jwks_uri of the provider is not an https URL');
    const keys = createRemoteJWKSet(new URL(keysUrl), {
      timeoutDuration: providerTimeoutSeconds * 1000,
      [keySetFetch]: this.fetch,
    });
    return { configuration, keys };
  }
}

/** HTTP Basic, the default of OpenID Connect, unless the provider supports only the secret in the body. */
function clientAuthentication(clientSecret: string): ClientAuth {
  const basic = ClientSecretBasic(clientSecret);
  const post = ClientSecretPost(clientSecret);
  return (server, ...request) => {
    const supported = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    (supported.includes('client_secret_basic') ? basic : post)(server, ...request);
  };
}
