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
