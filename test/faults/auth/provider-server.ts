import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

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

function send(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
