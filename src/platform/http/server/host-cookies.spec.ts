import { describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { HostCookies } from './host-cookies.ts';

const over = (publicUrl: string, environment = 'development'): HostCookies =>
  new HostCookies({ publicUrl, environment } as ServiceConfig);

function written(cookies: HostCookies, maxAgeSeconds: number): string {
  const lines: string[] = [];
  const reply = { header: (name: string, value: string) => lines.push(`${name}: ${value}`) };
  cookies.set(reply as unknown as FastifyReply, 'key', { value: 'abc', maxAgeSeconds });
  return lines.join();
}

const read = (cookies: HostCookies, cookie: string | undefined): string | undefined =>
  cookies.read({ headers: { cookie } } as FastifyRequest, 'key');

describe('HostCookies', () => {
  it('sets a cookie with the __Host- prefix over HTTPS', () => {
    expect(written(over('https://api.example.com'), 600)).toBe(
      'set-cookie: __Host-key=abc; Path=/; Max-Age=600; HttpOnly; SameSite=Strict; Secure',
    );
  });

  it('sets a cookie without prefix and Secure over plain HTTP', () => {
    expect(written(over('http://localhost:3000'), 0)).toBe(
      'set-cookie: key=abc; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    );
  });

  it('sets the prefix and Secure in production, whatever PUBLIC_URL is', () => {
    expect(written(over('http://localhost:3000', 'production'), 600)).toBe(
      'set-cookie: __Host-key=abc; Path=/; Max-Age=600; HttpOnly; SameSite=Strict; Secure',
    );
  });

  it('reads the cookie by its name', () => {
    expect(read(over('http://localhost'), 'other=1; key=abc;x=2')).toBe('abc');
    expect(read(over('https://localhost'), 'key=planted; __Host-key=abc')).toBe('abc');
    expect(read(over('https://localhost'), 'key=planted')).toBeUndefined();
    expect(read(over('http://localhost'), undefined)).toBeUndefined();
  });

  it('returns undefined for a duplicate cookie', () => {
    expect(read(over('http://localhost'), 'key=abc; key=def')).toBeUndefined();
  });
});
