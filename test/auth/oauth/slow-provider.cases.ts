import { describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../harness/http/api.ts';
import { oauthApp } from '../../harness/openid/oauth-app.ts';
import { newVerifier, redirect } from '../../harness/openid/oauth-flows.ts';
import { publicUrl } from '../../harness/openid/openid-provider.ts';

const { api, flows } = await oauthApp();
const { codeChallenge } = newVerifier();

// They take five seconds: the tests of the other parts run meanwhile.
const started = api.get(
  `/v1/auth/oauth/silent/authorize?${new URLSearchParams({ redirect, codeChallenge }).toString()}`,
);
const returned = returnFromGitHub();

async function returnFromGitHub(): Promise<ApiResponse> {
  const { url, cookie } = await flows.start('github');
  const query = new URLSearchParams({ code: 'silent', state: url.searchParams.get('state') ?? '' });
  return await flows.callback(new URL(`${publicUrl}/v1/auth/oauth/github/callback?${query.toString()}`), cookie);
}

describe('A provider that does not respond', () => {
  it('is unavailable after five seconds', async () => {
    expect(await started).toBeProblem('provider-unavailable', 503);
  });

  it('is unavailable after five seconds when its code is redeemed', async () => {
    expect((await returned).headers['location']).toBe(`${redirect}&error=temporarily_unavailable`);
  });
});
