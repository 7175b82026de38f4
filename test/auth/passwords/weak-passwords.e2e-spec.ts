import { afterAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiResponse } from '../../harness/http/api.ts';
import { startApp } from '../../harness/app/app.ts';
import { oneTimeTokenFor } from '../../harness/mail/mails.ts';

type Handler = (request: IncomingMessage, reply: ServerResponse) => void;

const breached = 'a horse that was stolen twice';
const digest = createHash('sha1').update(breached).digest('hex').toUpperCase();
const requests: IncomingMessage[] = [];

/** A range API whose behaviour each test sets. */
let handler: Handler = (_request, reply) => reply.end(`${'0'.repeat(35)}:7\r\n${digest.slice(5)}:3\r\n`);
const range = createServer((request, reply) => {
  requests.push(request);
  handler(request, reply);
}).listen(0, '127.0.0.1');
await once(range, 'listening');
afterAll(() => {
  range.close();
  range.closeAllConnections();
});

const running = await startApp({
  AUTH_PWNED_PASSWORDS_URL: `http://127.0.0.1:${(range.address() as AddressInfo).port}/range/`,
});
const { api, factory } = running;
const lax = await startApp({ AUTH_PASSWORD_MIN_LENGTH: '8', DATABASE_URL: running.database.url });
let counter = 0;

async function register(password: string, more: object = {}): Promise<ApiResponse> {
  counter += 1;
  return await api.post('/v1/auth/register', { email: `chooser${counter}@example.com`, password, ...more });
}

function expectWeak(reply: ApiResponse, code: string, pointer = '#/password'): void {
  expect(reply).toBeProblem('weak-password', 422);
  expect(reply.body).toMatchObject({ errors: [{ pointer, code }] });
}

describe('A new password', () => {
  it.each(['123456789987654321', 'QazWsxEdcRfvTgb', 'abcabcabcabcabc', '                    '])(
    'is rejected when it is a common one: %s',
    async (password) => {
      expectWeak(await register(password), 'too_common');
    },
  );

  it.each([
    ['the service', 'Plinth-Plinth-2026', {}],
    ['the email address', 'grace.hopper.1906', { email: 'grace.hopper@example.com' }],
    ['the user', 'Grace Brewster Hopper', { displayName: 'Grace Brewster Hopper' }],
  ])('is rejected when it is the name of %s', async (_, password, more) => {
    expectWeak(await register(password, more), 'context_word');
  });

  it.each([
    'plinth-password',
    'plinth-admin-plinth-admin',
    'alice.smith-qwertyui',
    'SmithPasswordPassword1',
    'password12345678',
    '1234567890-Monkey!',
  ])('is rejected when it is a common one with digits or known words around it: %s', async (password) => {
    expectWeak(
      await register(password, { email: 'alice.smith@example.com', displayName: 'Alice Smith' }),
      'too_common',
    );
  });

  it.each([
    'correct horse battery staple',
    'alice sails along the river',
    'plinth, marble and seven doves',
    'monkey river stone 42',
    '2026 was a year of many storms',
    'correcthorsebatterystaple7',
    'summer in the garden of smith',
    'kQ7vX2mZ9pL4tR8w',
    'один два три четыре пять',
  ])('is accepted when it is unrelated: %s', async (password) => {
    const reply = await register(password, { displayName: 'Alice Smith' });

    expect(reply.status).toBe(202);
  });

  it('is accepted when it contains a name among other words', async () => {
    const reply = await register('ada sails along the river', { displayName: 'Ada' });

    expect(reply.status).toBe(202);
  });

  it('is checked against the account that it is reset for', async () => {
    const user = await factory.user({ displayName: 'Augusta Ada King' });
    const token = await oneTimeTokenFor(running, 'invitation', user);
    const reset = async (newPassword: string): Promise<ApiResponse> =>
      await api.post('/v1/auth/password/reset', { token, newPassword });

    expectWeak(await reset('Augusta Ada King'), 'context_word', '#/newPassword');
    expectWeak(await reset('123456789987654321'), 'too_common', '#/newPassword');
    expectWeak(await reset(breached), 'breached', '#/newPassword');
    expect((await reset('a password that is not public')).status).toBe(204);
  });

  it('is checked against the account that changes it', async () => {
    const user = await factory.user({ displayName: 'Augusta Ada King' });
    const change = async (newPassword: string): Promise<ApiResponse> =>
      await api.as(user).post('/v1/auth/password/change', { currentPassword: user.password, newPassword });

    expectWeak(await change('augusta ada king 1815'), 'context_word', '#/newPassword');
    expectWeak(await change('123456789987654321'), 'too_common', '#/newPassword');
    expectWeak(await change(breached), 'breached', '#/newPassword');
    expect((await change('a password that is not public')).status).toBe(200);
  });
});

describe('The breached-password check', () => {
  it('rejects a known password, and receives five digits of its hash', async () => {
    requests.length = 0;

    expectWeak(await register(breached), 'breached');

    expect(requests.map(({ url }) => url)).toEqual([`/range/${digest.slice(0, 5)}`]);
    expect(requests[0]?.headers['add-padding']).toBe('true');
    expect((await register('a horse that grazes in the meadow')).status).toBe(202);
  });

  it('ignores padding', async () => {
    handler = (_request, reply) => reply.end(`${digest.slice(5)}:0\r\n`);

    expect((await register(breached)).status).toBe(202);
  });

  it.each<[string, Handler]>([
    ['does not respond', () => undefined],
    ['stops in the middle of the response', (_request, reply) => reply.write(`${digest.slice(5)}:3\r\n`)],
    ['fails', (_request, reply) => reply.writeHead(500).end(`${digest.slice(5)}:3\r\n`)],
    ['redirects', (_request, reply) => reply.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end()],
    ['closes the connection', (request) => request.socket.destroy()],
  ])('is skipped when it %s', async (_, failing) => {
    handler = failing;
    const begun = performance.now();

    expect((await register(breached)).status).toBe(202);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('A service without a breached-password service', () => {
  it('rejects common passwords, also shorter ones where those are allowed', async () => {
    const before = requests.length;
    const choose = async (password: string): Promise<ApiResponse> =>
      await lax.api.post('/v1/auth/register', { email: 'chooser@example.com', password });

    for (const password of ['Password1', 'iloveyou1', 'qwertyuiop']) expectWeak(await choose(password), 'too_common');
    expect((await choose('dovecote')).status).toBe(202);
    expect(requests).toHaveLength(before);
  });
});
