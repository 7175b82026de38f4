import { describe, expect, it } from '@jest/globals';
import { sharedApp } from '../../harness/app/app.ts';

const { api } = await sharedApp();

describe('Magic links', () => {
  it.each([
    ['/v1/auth/magic-link', { email: 'some.user@example.com' }],
    ['/v1/auth/magic-link', {}],
    ['/v1/auth/magic-link?unknown=1', {}],
    ['/v1/auth/magic-link/verify', { token: 'an unknown token' }],
    ['/account/request-magic-link', { email: 'some.user@example.com' }],
    ['/account/magic-link', { token: 'an unknown token' }],
  ])('are disabled by default: POST %s', async (path, body) => {
    const response = await api.post(path, body);

    expect(response).toBeProblem('not-found', 404);
    expect(response.headers['set-cookie']).toBeUndefined();
  });

  it.each(['/account/request-magic-link', '/account/magic-link?token=a'])(
    'have no page when disabled: GET %s',
    async (path) => {
      expect(await api.get(path)).toBeProblem('not-found', 404);
    },
  );

  it('are not offered by the login page, nor are providers without a configuration', async () => {
    const { text } = await api.get('/account/login', { Accept: 'text/html' });

    expect(text).toContain('name="password"');
    expect(text).not.toMatch(/request-magic-link|providers/);
  });
});
