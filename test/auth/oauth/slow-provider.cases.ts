import { describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../harness/http/api.ts';
import { oauthApp } from '../../harness/openid/oauth-app.ts';
import { authorizePath, callbackUrl, redirect } from '../../harness/openid/oauth-flows.ts';

const { api, flows } = await oauthApp();

// They take five seconds: the tests of the other parts run meanwhile.
const started = api.get(authorizePath('silent'));
const returned = returnFromGitHub();

async function returnFromGitHub(): Promise<ApiResponse> {
  const { url, cookie } = await flows.start('github');
  const query = { code: 'silent', state: url.searchParams.get('state') ?? '' };
  return await flows.callback(callbackUrl('github', query), cookie);
}

describe('A provider that does not respond', () => {
  it('is unavailable after five seconds', async () => {
    expect(await started).toBeProblem('provider-unavailable', 503);
  });

  it('is unavailable after five seconds when its code is redeemed', async () => {
    expect((await returned).headers['location']).toBe(`${redirect}&error=temporarily_unavailable`);
  });
});
