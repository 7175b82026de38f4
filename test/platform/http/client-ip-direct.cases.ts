import { describe, expect, it } from '@jest/globals';
import { sharedApp } from '../../harness/app/app.ts';

const { api, factory } = await sharedApp();

describe('the client IP address without a trusted proxy', () => {
  it.each(['203.0.113.7', '203.0.113.7, 198.51.100.1'])('is not taken from X-Forwarded-For: %s', async (forged) => {
    const user = await factory.user();

    const login = { email: user.email, password: 'not the password at all' };
    await api.post('/v1/auth/login', login, { 'X-Forwarded-For': forged });

    expect(await factory.auditEvents({ subjectId: user.id })).toEqual([
      expect.objectContaining({ event: 'authn_login_fail', ip: '127.0.0.1' }),
    ]);
  });
});
