import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const redirect = 'https://app.example.com/logged-in';

/** What a front end exchanges for tokens after a login with a provider. */
export interface ExchangeCode {
  readonly code: string;
  readonly codeVerifier: string;
}

/** A provider with the paths of GitHub. The code of a login is the number of its account, and so is the access token. */
export async function startProviderServer(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const account = Number(/^bearer (\d+)$/i.exec(request.headers.authorization ?? '')?.[1]);
    const email = `account${account}@provider.example`;
    if (request.url === '/login/oauth/access_token') {
      void text(request).then((body) => {
        send(response, { access_token: new URLSearchParams(body).get('code'), token_type: 'bearer', scope: '' });
      });
    } else if (request.url === '/api/v3/user') send(response, { id: account, name: null });
    else send(response, [{ email, primary: true, verified: true }]);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The variables of a service whose only provider is this server. */
export function providerVariables(url: string): Readonly<Record<string, string>> {
  const provider = { preset: 'github', issuer: url, clientId: 'plinth', clientSecret: 'the-secret-of-scenarios' };
  return {
    // In production the URL of a provider must be https.
    NODE_ENV: 'test',
    AUTH_OAUTH_PROVIDERS: JSON.stringify({ numbers: provider }),
    AUTH_OAUTH_REDIRECTS: redirect,
  };
}

/** Logs in at the provider with this account, in a browser of its own. */
export async function codeOfLogin(url: string, account: number): Promise<ExchangeCode> {
  const { location, codeVerifier } = await logInAtProvider(url, account);
  const code = location.searchParams.get('code');
  if (code === null) throw new Error(`The callback returned ${location.href}`);
  return { code, codeVerifier };
}

/** The same; returns where the service sends the browser, with a code or an error. */
export async function logInAtProvider(url: string, account: number): Promise<{ location: URL; codeVerifier: string }> {
  const codeVerifier = randomBytes(32).toString('base64url');
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
  const query = new URLSearchParams({ redirect, codeChallenge });
  const started = await fetch(`${url}/v1/auth/oauth/numbers/authorize?${query.toString()}`, { redirect: 'manual' });
  const state = new URL(started.headers.get('location') ?? '').searchParams.get('state') ?? '';
  const cookie = started.headers.get('set-cookie')?.split(';')[0] ?? '';
  const callback = new URLSearchParams({ code: String(account), state });
  const returned = await fetch(`${url}/v1/auth/oauth/numbers/callback?${callback.toString()}`, {
    headers: { cookie },
    redirect: 'manual',
  });
  return { location: new URL(returned.headers.get('location') ?? ''), codeVerifier };
}

function send(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
