import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWTPayload } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startTestServer } from '../http/test-server.ts';

/** A provider that returns what a test sets, true or not. */
export interface LyingProvider {
  readonly issuer: string;
  /** What the token endpoint returns for every code. */
  response: { readonly status: number; readonly body: unknown; readonly location?: string };
  /** What the user info endpoint returns. */
  userInfo: Readonly<Record<string, unknown>>;
  /** Paths of the requests. */
  readonly requests: string[];
  sign(claims: JWTPayload, changes?: SignChanges): Promise<string>;
  /** Authenticates this user, truly. Returns the parameters of the callback. */
  authenticate(start: URL, user: { readonly sub: string; readonly email: string }): Promise<Record<string, string>>;
}

/** Differences from a right signature. */
interface SignChanges {
  /** Signs with a key that the provider does not publish. */
  readonly withOtherKey?: boolean;
  readonly typ?: string | undefined;
}

/** Starts an HTTP server with discovery, keys, tokens and user info; it ends after the last test of the file. */
export async function startLyingProvider(): Promise<LyingProvider> {
  const own = await generateKeyPair('RS256');
  const other = await generateKeyPair('RS256');
  const keys = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' }] };
  const issuer = await startTestServer(respond);
  const provider: LyingProvider = {
    issuer,
    response: { status: 400, body: { error: 'invalid_grant' } },
    userInfo: {},
    authenticate,
    requests: [],
    sign: async (claims, { withOtherKey = false, typ }: SignChanges = {}) =>
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'own', ...(typ === undefined ? {} : { typ }) })
        .sign((withOtherKey ? other : own).privateKey),
  };
  async function authenticate(
    start: URL,
    user: { readonly sub: string; readonly email: string },
  ): Promise<Record<string, string>> {
    const now = Math.floor(Date.now() / 1000);
    const { state = '', nonce = '' } = Object.fromEntries(start.searchParams);
    const claims = { iss: issuer, aud: 'plinth', sub: user.sub, nonce, iat: now, exp: now + 300, auth_time: now };
    const tokens = { access_token: 'token', token_type: 'Bearer', expires_in: 300 };
    provider.response = { status: 200, body: { ...tokens, id_token: await provider.sign(claims) } };
    provider.userInfo = { ...user, email_verified: true };
    return { code: 'any', state, iss: issuer };
  }
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    authorization_response_iss_parameter_supported: true,
    id_token_signing_alg_values_supported: ['RS256'],
  };
  const send = (response: ServerResponse, status: number, body: unknown, location?: string): void => {
    const headers = { 'Content-Type': 'application/json', ...(location === undefined ? {} : { Location: location }) };
    response.writeHead(status, headers).end(JSON.stringify(body));
  };
  const sendTokens = (response: ServerResponse): void => {
    const { status, body, location } = provider.response;
    send(response, status, body, location);
  };
  function respond(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?')[0] ?? '';
    provider.requests.push(path);
    request.resume();
    if (path.endsWith('/.well-known/openid-configuration')) send(response, 200, metadata);
    else if (path === '/jwks') send(response, 200, keys);
    else if (path === '/userinfo') send(response, 200, provider.userInfo);
    else if (path === '/token') sendTokens(response);
    else send(response, 404, {});
  }
  return provider;
}
