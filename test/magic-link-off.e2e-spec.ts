import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';

const { api } = await start();

describe('Login by mailed links', () => {
  it.each([
    ['/v1/auth/magic-link', { email: 'somebody@example.com' }],
    ['/v1/auth/magic-link', {}],
    ['/v1/auth/magic-link/verify', { token: 'nobody has this' }],
    ['/account/request-magic-link', { email: 'somebody@example.com' }],
    ['/account/magic-link', { token: 'nobody has this' }],
  ])('is off unless it was turned on: POST %s', async (path, body) => {
    const reply = await api.post(path, body);

    expect(reply).toBeProblem('not-found', 404);
    expect(reply.headers['set-cookie']).toBeUndefined();
  });

  it.each(['/account/request-magic-link', '/account/magic-link?token=a'])('has no page then: GET %s', async (path) => {
    expect(await api.get(path)).toBeProblem('not-found', 404);
  });
});
