import { describe, expect, it } from '@jest/globals';
import { startApp } from '../harness/app/app.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { sendRaw } from '../harness/http/raw-http.ts';

const { api } = await startApp({ PUBLIC_URL: 'https://plinth.dev.example:8443/base' });

async function requestWith(host: string): Promise<ApiResponse> {
  return await sendRaw(api.baseUrl, `GET /dev/mailbox HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
}

describe('GET /dev/mailbox', () => {
  it.each([
    '127.0.0.1:3000',
    '127.0.0.2',
    'localhost',
    'LOCALHOST:3000',
    'a.localhost',
    '[::1]:3000',
    'plinth.dev.example',
  ])('returns the mailbox for the host %s', async (host) => {
    expect((await requestWith(host)).status).toBe(200);
  });

  it.each([
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example:3000',
    'evil.example:3000',
    'evil.plinth.dev.example',
    '192.0.2.1',
    '',
  ])('returns 404 for the host %j, which may be a DNS rebinding attack', async (host) => {
    expect(await requestWith(host)).toMatchObject({ status: 404, body: { type: '/base/problems/not-found' } });
  });
});

describe('The mailbox', () => {
  const [email, password] = ['mailbox.reader@example.com', 'correct horse battery staple'];
  const asBrowser = { Accept: 'text/html' };

  interface Listed {
    readonly id: string;
    readonly links: readonly string[];
  }

  async function listed(): Promise<readonly Listed[]> {
    return ((await api.get(`/dev/mailbox?to=${email}`)).body as { data: Listed[] }).data;
  }

  it('shows one email with its links, its text and its HTML in a frame of its own policy', async () => {
    await api.post('/v1/auth/register', { email, password }, { 'Accept-Language': 'de' });
    const [mail] = await listed();

    const page = await api.get(`/dev/mailbox/${mail?.id}`, asBrowser);
    const frame = await api.get(`/dev/mailbox/${mail?.id}/html`);
    const json = await api.get(`/dev/mailbox/${mail?.id}`);

    expect(page.status).toBe(200);
    expect(page.text).toContain(`src="/base/dev/mailbox/${mail?.id}/html"`);
    expect(page.text).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"');
    expect(page.text).toContain(`href="${mail?.links[0]}"`);
    expect(page.headers['content-security-policy']).toMatch(/frame-src 'self'/);
    expect(page.headers['content-security-policy']).not.toContain('unsafe-inline');
    expect(frame.text).toContain('<html lang="de">');
    expect(frame.headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'unsafe-inline';img-src 'none';frame-ancestors 'self';" +
        "sandbox allow-popups allow-popups-to-escape-sandbox;base-uri 'none';form-action 'none'",
    );
    expect(json.body).toMatchObject({ to: email, template: 'verify-email', language: 'de', links: mail?.links });
  });

  it('has an example of every email in every language', async () => {
    const { text } = await api.get('/dev/mailbox/templates', asBrowser);
    const paths = [...text.matchAll(/href="\/base(\/dev\/mailbox\/templates\/[^"]+)"/g)].map(([, path = '']) => path);

    expect(paths).toHaveLength(50);
    for (const path of paths) {
      expect((await api.get(path, asBrowser)).text).toContain(`${path.replace('?', '/html?')}"`);
      expect((await api.get(path.replace('?', '/html?'))).text).toContain('<base target="_blank">');
    }
  });

  it.each([
    '/dev/mailbox/01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    '/dev/mailbox/templates/none',
    '/dev/mailbox/none/html',
  ])('returns 404 for %s', async (path) => {
    expect((await api.get(path)).status).toBe(404);
  });

  it('is cleared by its own form only', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
    ]) {
      expect((await api.post('/dev/mailbox/clear', undefined, { ...form, ...headers })).status).toBe(404);
    }
    const before = await listed();
    expect((await api.get('/dev/mailbox', asBrowser)).headers['referrer-policy']).toBe('same-origin');
    const own = await api.post('/dev/mailbox/clear', undefined, { ...form, Origin: api.baseUrl });

    expect(before).toHaveLength(1);
    expect(own).toMatchObject({ status: 303, headers: { location: '/base/dev/mailbox' } });
    expect(await listed()).toEqual([]);
  });
});
