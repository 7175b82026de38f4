import { describe, expect, it } from '@jest/globals';
import { hostedApp, PageBrowser } from './hosted-app.ts';

const { api } = await hostedApp();

const pages = [
  'accept-invitation',
  'change-email',
  'forgot-password',
  'login',
  'logout',
  'magic-link',
  'passkey-login',
  'passkey-options',
  'password-check',
  'provider-login',
  'register',
  'request-magic-link',
  'resend-verification',
  'reset-password',
  'revert-email',
  'second-factor',
  'verify-email',
];
const fields = [
  ...['token', 'email', 'password', 'newPassword', 'displayName', 'lang', 'redirect', 'codeChallenge'],
  ...['login', 'method', 'code', 'credential', 'error', '__proto__', 'constructor'],
];
const values = [
  '',
  '\0',
  '%00%ff',
  '\ufffe<script>alert(1)</script>',
  '\'"><img src=x onerror=alert(1)>',
  '\u202e\u2066\u200f',
  '👩‍👩‍👧‍👦'.repeat(50),
  'n'.repeat(3000),
  '{"id":{"$gt":""}}',
  '../../etc/passwd',
  'a\r\nSet-Cookie: rt=x',
];

describe('A hosted page', () => {
  it.each(pages)('executes nothing of odd parameters and fails for none of them: %s', async (page) => {
    const browser = new PageBrowser(api.baseUrl);
    for (const value of values) {
      const everywhere = Object.fromEntries(fields.map((name) => [name, value]));
      const short = Object.fromEntries(fields.map((name) => [name, value.slice(0, 150)]));
      for (const { status, text, headers } of [
        await browser.open(`/account/${page}?${new URLSearchParams(short).toString()}`.slice(0, 4000)),
        await browser.post(`/account/${page}`, everywhere),
      ]) {
        expect(status).toBeLessThan(500);
        expect(text).not.toMatch(/<script>|<img src=x/);
        expect(headers.getSetCookie().join()).not.toMatch(/rt=[^;]/);
        expect(headers.get('content-security-policy')).toMatch(/form-action 'self';|^default-src 'none';base-uri/);
      }
    }
  });

  it.each([
    'login=a',
    'login=',
    `login=${'A'.repeat(3000)}`,
    'rt=',
    'rt=a; rt=b',
    'rt=rt_a',
    `magic-link=${'"'.repeat(9)}`,
  ])('ignores the cookie %j', async (Cookie) => {
    const browser = new PageBrowser(api.baseUrl, { Cookie });

    expect((await browser.open('/account/login')).text).toContain('name="password"');
    expect((await browser.open('/account/second-factor')).text).toContain('The login has expired');
    expect((await browser.post('/account/logout', {})).status).toBe(200);
  });
});
