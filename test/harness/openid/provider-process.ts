import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';

/*
 * An OpenID Connect provider as a process of its own, started by openid-provider.ts. Any login name is an account, whose
 * email address is `<name>@provider.example`, or the name if it is one; that of `unverified…` is not verified.
 */

const { CALLBACK_URL, CLIENT_SECRET } = process.env;
if (CALLBACK_URL === undefined || CLIENT_SECRET === undefined) throw new Error('Start it with openid-provider.ts');
const notifications = '/notifications';
/** Where logout tokens are forwarded to: the service starts after its provider. */
let logoutUrl = '';

const server = createServer((request, response) => {
  if (request.url === notifications) void forward(request, response);
  else handle(request, response);
});
server.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const address = server.address();
const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;

function emailOf(name: string): string {
  return name.includes('@') ? name.replace(/^unverified\./, '') : `${name}@provider.example`;
}

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'plinth',
      client_secret: CLIENT_SECRET,
      redirect_uris: [CALLBACK_URL],
      token_endpoint_auth_method: 'client_secret_basic',
      backchannel_logout_uri: `${issuer}${notifications}`,
      backchannel_logout_session_required: true,
    },
  ],
  cookies: { keys: ['a key of the tests, which is public'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  pkce: { required: () => true },
  // Without the dispatcher of the provider, which refuses to send logout tokens to loopback.
  fetch: async (url: string, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) =>
    await fetch(url, options),
  findAccount: (_context: unknown, name: string) => ({
    accountId: name,
    claims: () => ({
      sub: name,
      email: emailOf(name),
      email_verified: !name.startsWith('unverified'),
      name: `Account of ${name}`.slice(0, 80),
    }),
  }),
});
const handle = provider.callback();

async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = { 'Content-Type': request.headers['content-type'] ?? '' };
  const { status } = await fetch(logoutUrl, { method: 'POST', headers, body: await text(request) });
  response.writeHead(status).end();
  process.send?.({ logoutStatus: status });
}

process.on('message', (message: { logoutUrl: string }) => {
  ({ logoutUrl } = message);
});
process.on('disconnect', () => process.exit());
process.send?.({ url: issuer });
