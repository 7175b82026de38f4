import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  Configuration,
  customFetch,
  fetchProtectedResource,
} from 'openid-client';
import type { OAuthProviderConfig } from '../../../platform/config/variables/oauth.ts';
import type { AuthorizationChecks, AuthorizationRequest, ProviderClient, ProviderIdentity } from './provider-client.ts';
import { InvalidProviderResponse, profileOf, ProviderServerError, providerTimeoutSeconds } from './provider-client.ts';
import type { ProviderFetch } from './provider-fetch.ts';
import { allowHttp } from './provider-fetch.ts';

/**
 * GitHub and GitHub Enterprise Server: OAuth 2.0 without OpenID Connect. Issuer and subject are the configured URL and
 * the id of the user; the login name can change its owner. There is no time of authentication, so these logins never
 * satisfy a step-up.
 */
export class GitHubClient implements ProviderClient {
  private readonly configuration: Configuration;
  private readonly apiUrl: string;

  constructor(
    private readonly provider: OAuthProviderConfig,
    fetch: ProviderFetch,
  ) {
    const { issuer, clientId, clientSecret } = provider;
    this.configuration = new Configuration(
      {
        // What GitHub names in the callback (RFC 9207); older servers name none.
        issuer: `${issuer}/login/oauth`,
        authorization_endpoint: `${issuer}/login/oauth/authorize`,
        token_endpoint: `${issuer}/login/oauth/access_token`,
      },
      clientId,
      {},
      ClientSecretPost(clientSecret),
    );
    this.configuration.timeout = providerTimeoutSeconds;
    this.configuration[customFetch] = fetch;
    if (issuer.startsWith('http:')) allowHttp(this.configuration);
    this.apiUrl = issuer === 'https://github.com' ? 'https://api.github.com' : `${issuer}/api/v3`;
  }

  async authorizationUrl({ redirectUri, state, codeVerifier }: AuthorizationRequest): Promise<URL> {
    return buildAuthorizationUrl(this.configuration, {
      redirect_uri: redirectUri,
      scope: this.provider.scopes.join(' '),
      state,
      code_challenge: await calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
  }

  async redeem(callback: URL, { state, codeVerifier }: AuthorizationChecks): Promise<ProviderIdentity> {
    const { access_token: accessToken } = await authorizationCodeGrant(this.configuration, callback, {
      pkceCodeVerifier: codeVerifier,
      expectedState: state,
    });
    const [user, emails] = await Promise.all([this.get('/user', accessToken), this.get('/user/emails', accessToken)]);
    const { id, name } = isObject(user) ? user : {};
    if (!Number.isSafeInteger(id)) throw new InvalidProviderResponse('The response to GET /user has no id');
    const primary = (Array.isArray(emails) ? emails : []).filter(isObject).find((entry) => entry['primary'] === true);
    return {
      issuer: this.provider.issuer,
      subject: String(id),
      ...(await profileOf(primary?.['email'], name)),
      emailVerified: primary?.['verified'] === true,
    };
  }

  private async get(path: string, accessToken: string): Promise<unknown> {
    const headers = new Headers({ Accept: 'application/vnd.github+json' });
    const url = new URL(this.apiUrl + path);
    const response = await fetchProtectedResource(this.configuration, accessToken, url, 'GET', undefined, headers);
    const { ok, status } = response;
    if (status >= 500 || status === 429) throw new ProviderServerError(`GET ${path} returned ${status}`);
    if (!ok) throw new InvalidProviderResponse(`GET ${path} returned ${status}`);
    return await response.json();
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
