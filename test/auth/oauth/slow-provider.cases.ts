import { describe, expect, it } from '@jest/globals';
import { oauthApp } from '../../harness/openid/oauth-app.ts';
import { newVerifier, redirect } from '../../harness/openid/oauth-flows.ts';

const { api } = await oauthApp();
const { codeChallenge } = newVerifier();

// It takes five seconds: the tests of the other parts run meanwhile.
const response = api.get(
  `/v1/auth/oauth/silent/authorize?${new URLSearchParams({ redirect, codeChallenge }).toString()}`,
);

describe('A provider that does not respond', () => {
  it('is unavailable after five seconds', async () => {
    expect(await response).toBeProblem('provider-unavailable', 503);
  });
});
