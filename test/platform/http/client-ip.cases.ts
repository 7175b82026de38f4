import { describe, expect, it } from '@jest/globals';
import { configuredApp } from '../../harness/app/configured-app.ts';

const { api, factory } = await configuredApp();

/** The IP address in the audit event of a failed login with this header. */
async function addressFor(headers: Readonly<Record<string, string>>): Promise<unknown> {
  const user = await factory.user();
  await api.post('/v1/auth/login', { email: user.email, password: 'not the password at all' }, headers);
  const [event] = await factory.auditEvents({ subjectId: user.id, event: 'authn_login_fail' });
  return event?.['ip'];
}

describe('the client IP address with one trusted proxy', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    // The proxy appends the peer address to the value that the client sent.
    ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['127.0.0.1, 10.0.0.1,203.0.113.7', '203.0.113.7'],
    ['unknown, 203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['203.0.113.7:55', '203.0.113.7'],
    ['unknown', '127.0.0.1'],
    ['203.0.113.7, unknown', '127.0.0.1'],
    ['999.1.1.1', '127.0.0.1'],
    ['a'.repeat(200), '127.0.0.1'],
  ])('is taken from X-Forwarded-For: %s', async (header, address) => {
    expect(await addressFor({ 'X-Forwarded-For': header })).toBe(address);
  });

  it('is the peer address of the connection without the header', async () => {
    expect(await addressFor({})).toBe('127.0.0.1');
  });

  it('is not taken from other headers', async () => {
    const forged = { 'X-Real-IP': '203.0.113.7', Forwarded: 'for=203.0.113.7', 'CF-Connecting-IP': '203.0.113.7' };
    expect(await addressFor(forged)).toBe('127.0.0.1');
  });
});
