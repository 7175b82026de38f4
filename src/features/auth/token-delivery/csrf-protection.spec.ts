import { describe, expect, it } from '@jest/globals';
import type { HttpConfig, ServiceConfig } from '../../../platform/config/config.ts';
import { CsrfProtection } from './csrf-protection.ts';
import { CsrfRejected } from './token-delivery.errors.ts';

const service = {
  secret: 'the secret of this test',
  previousSecrets: [] as readonly string[],
  publicUrl: 'https://api.example.com/base',
} as ServiceConfig;
const sibling = 'https://app.example.com';

function accepts(headers: Record<string, string>, sameSiteCookies: boolean): boolean {
  const csrf = new CsrfProtection(service, { corsOrigins: [sibling], sameSiteCookies } as unknown as HttpConfig);
  try {
    csrf.assertAllowedOrigin({ method: 'GET', headers, raw: { rawHeaders: [] } });
    return true;
  } catch (error) {
    if (!(error instanceof CsrfRejected)) throw error;
    return false;
  }
}

describe('CsrfProtection', () => {
  it('accepts a sibling host only if it is configured and listed', () => {
    const bySibling = { 'sec-fetch-site': 'same-site', origin: sibling };

    expect(accepts(bySibling, true)).toBe(true);
    expect(accepts(bySibling, false)).toBe(false);
    expect(accepts({ ...bySibling, origin: 'https://other.example.com' }, true)).toBe(false);
    expect(accepts({ 'sec-fetch-site': 'same-site' }, true)).toBe(false);
    expect(accepts({ ...bySibling, 'sec-fetch-site': 'cross-site' }, true)).toBe(false);
  });

  it('accepts the listed origins and that of PUBLIC_URL without Sec-Fetch-Site', () => {
    expect(accepts({ origin: sibling }, false)).toBe(true);
    expect(accepts({ origin: 'https://api.example.com' }, false)).toBe(true);
    expect(accepts({ origin: 'http://api.example.com' }, false)).toBe(false);
    expect(accepts({ origin: 'null' }, true)).toBe(false);
    expect(accepts({}, true)).toBe(false);
  });

  it('accepts the tokens of a previous secret', () => {
    const http = { corsOrigins: [], sameSiteCookies: false } as unknown as HttpConfig;
    const rotated = { ...service, secret: 'the next secret of this test', previousSecrets: [service.secret ?? ''] };
    const token = new CsrfProtection(service, http).issue('the-session');
    const verify = (config: ServiceConfig, sessionId: string): void => {
      const request = { method: 'POST', headers: { 'x-csrf-token': token }, raw: { rawHeaders: [] } };
      new CsrfProtection(config, http).assertToken(request, sessionId);
    };

    expect(() => {
      verify(rotated, 'the-session');
    }).not.toThrow();
    expect(() => {
      verify(rotated, 'another-session');
    }).toThrow(CsrfRejected);
    expect(() => {
      verify({ ...rotated, previousSecrets: [] }, 'the-session');
    }).toThrow(CsrfRejected);
  });
});
