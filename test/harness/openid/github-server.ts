import { text } from 'node:stream/consumers';
import { startTestServer } from '../http/test-server.ts';
import { clientSecret } from './openid-provider.ts';

/** What the API of the server returns. */
export interface GitHubServer {
  readonly url: string;
  /** Of the responses to requests with the token. */
  status: number;
  user: Readonly<Record<string, unknown>>;
  emails: readonly Readonly<Record<string, unknown>>[];
}

const accessToken = 'gho_a_token_of_the_tests';

/**
 * Starts a server with the paths and responses of GitHub Enterprise Server: token, user and emails. It accepts the code
 * `good` with the client secret, and does not respond to the code `silent`. It ends after the last test of the file.
 */
export async function startGitHubServer(): Promise<GitHubServer> {
  const url = await startTestServer((request, response) => {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    const isAuthorized = request.headers.authorization?.toLowerCase() === `bearer ${accessToken}`;
    if (request.url === '/login/oauth/access_token') {
      void text(request).then((body) => {
        const form = new URLSearchParams(body);
        if (form.get('code') === 'silent') return;
        const isGood = form.get('code') === 'good' && form.get('client_secret') === clientSecret;
        // GitHub returns errors with 200.
        send(
          200,
          isGood ? { access_token: accessToken, token_type: 'bearer', scope: '' } : { error: 'bad_verification_code' },
        );
      });
    } else if (!isAuthorized) send(401, { message: 'Bad credentials' });
    else if (request.url === '/api/v3/user') send(started.status, started.user);
    else if (request.url === '/api/v3/user/emails') send(started.status, started.emails);
    else send(404, { message: 'Not Found' });
  });
  const started: GitHubServer = { url, status: 200, user: {}, emails: [] };
  return started;
}
