import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';
import type { Reply } from './support/api.ts';
import { sendRaw } from './support/raw.ts';

const { api } = await start({ PUBLIC_URL: 'https://plinth.dev.example:8443/base' });

async function asked(host: string): Promise<Reply> {
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
  ])('is shown under %s', async (host) => {
    expect((await asked(host)).status).toBe(200);
  });

  it.each([
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example:3000',
    'evil.example:3000',
    'evil.plinth.dev.example',
    '192.0.2.1',
    '',
  ])('is not shown under %j, which may be a name that somebody else has given this machine', async (host) => {
    expect(await asked(host)).toMatchObject({ status: 404, body: { type: '/base/problems/not-found' } });
  });
});
