import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';

const { api, given } = await start();

describe('the address of a client without a proxy', () => {
  it.each(['203.0.113.7', '203.0.113.7, 198.51.100.1'])('is not taken from X-Forwarded-For: %s', async (forged) => {
    const user = await given.user();

    const login = { email: user.email, password: 'not the password at all' };
    await api.post('/v1/auth/login', login, { 'X-Forwarded-For': forged });

    expect(await given.auditEvents({ subjectId: user.id })).toEqual([
      expect.objectContaining({ event: 'authn_login_fail', ip: '127.0.0.1' }),
    ]);
  });
});
