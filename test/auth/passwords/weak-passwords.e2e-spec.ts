import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PasswordHasher } from '../../../src/features/auth/passwords/password-hasher.ts';
import type { ApiResponse } from '../../harness/http/api.ts';
import { startApp } from '../../harness/app/app.ts';
import { oneTimeTokenFor } from '../../harness/mail/one-time-tokens.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const breached = 'a horse that was stolen twice';
const digest = createHash('sha1').update(breached).digest('hex').toUpperCase();
const requests: IncomingMessage[] = [];

/** A range API whose behaviour each test sets. */
let handler: Handler = (_request, response) => response.end(`${'0'.repeat(35)}:7\r\n${digest.slice(5)}:3\r\n`);
const range = createServer((request, response) => {
  requests.push(request);
  handler(request, response);
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

function expectWeak(response: ApiResponse, code: string, pointer = '#/password'): void {
  expect(response).toBeProblem('weak-password', 422);
  expect(response.body).toMatchObject({ errors: [{ pointer, code }] });
}

/** The code of each violation after its pointer, as in `#/password too_short`. */
function violationsOf({ body }: ApiResponse): string[] {
  const { errors } = body as { errors: { pointer: string; code: string }[] };
  return errors.map(({ pointer, code }) => `${pointer} ${code}`).sort();
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

  it.each(['1234-5678-9012-3456', 'qwertyuiop lkjhgfdsa', 'Horse Horse Horse!'])(
    'is rejected when it is a pattern: %s',
    async (password) => {
      expectWeak(await register(password), 'pattern');
    },
  );

  it('is rejected when it is the email address of the user', async () => {
    const email = 'chooser.of.passwords@example.com';

    expectWeak(await register(email, { email }), 'context_word');
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
    const response = await register(password, { displayName: 'Alice Smith' });

    expect(response.status).toBe(202);
  });

  it('is accepted when it contains a name among other words', async () => {
    const response = await register('ada sails along the river', { displayName: 'Ada' });

    expect(response.status).toBe(202);
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

describe('A weak password', () => {
  it.each([
    ['plinth', {}, ['context_word', 'too_short']],
    ['password', {}, ['too_common', 'too_short']],
    ['a'.repeat(129), {}, ['too_common', 'too_long']],
    ['Ada Ada Ada Ada Ada', { displayName: 'Ada' }, ['context_word']],
  ])('is reported with every rule that it breaks: %s', async (password, more, codes) => {
    const response = await register(password, more);

    expect(response).toBeProblem('weak-password', 422);
    expect(violationsOf(response)).toEqual(codes.map((code) => `#/password ${code}`));
  });

  it('is not sent to the breached-password service when it is rejected anyway', async () => {
    requests.length = 0;

    await register('password');

    expect(requests).toEqual([]);
  });
});

describe('A body with invalid fields and a weak password', () => {
  const short = ['too_common', 'too_short'];

  it('is rejected with all violations by POST /v1/auth/register', async () => {
    const body = { email: 'invalid', password: 'Ada Ada', displayName: 'Ada', age: 36 };

    const response = await api.post('/v1/auth/register', body);

    expect(response).toBeProblem('validation-failed', 422);
    expect(violationsOf(response)).toEqual([
      '#/age unknown_member',
      '#/email is_email',
      '#/password context_word',
      '#/password too_short',
    ]);
  });

  it('is rejected with all violations by POST /v1/auth/password/reset', async () => {
    const response = await api.post('/v1/auth/password/reset', { newPassword: 'password' });

    expect(response).toBeProblem('validation-failed', 422);
    const codes = violationsOf(response);
    expect(codes).toEqual(expect.arrayContaining(short.map((code) => `#/newPassword ${code}`)));
    expect(codes).toContain('#/token is_string');
  });

  it('is rejected with all violations by POST /v1/auth/password/change', async () => {
    const asUser = api.as(await factory.user());

    const response = await asUser.post('/v1/auth/password/change', { currentPassword: '', newPassword: 'password' });

    expect(response).toBeProblem('validation-failed', 422);
    expect(violationsOf(response)).toEqual([
      '#/currentPassword min_length',
      ...short.map((code) => `#/newPassword ${code}`),
    ]);
  });

  it('reports an invalid password once, without the rules of the policy', async () => {
    const response = await api.post('/v1/auth/register', { email: 'ada@example.com', password: 'a'.repeat(513) });

    expect(response).toBeProblem('validation-failed', 422);
    expect(violationsOf(response)).toEqual(['#/password max_length']);
  });

  it('costs neither a hash nor a query nor a request to the breached-password service', async () => {
    const hash = jest.spyOn(running.app.get(PasswordHasher), 'hash');
    requests.length = 0;
    const client = await running.database.pool.connect();
    try {
      // A query of one of these tables would wait until the test fails.
      await client.query('BEGIN');
      await client.query(
        'LOCK TABLE users, sessions, one_time_tokens, rate_limit_buckets, jobs IN ACCESS EXCLUSIVE MODE',
      );

      const registered = await api.post('/v1/auth/register', { email: 'invalid', password: breached });
      const reset = await api.post('/v1/auth/password/reset', { token: '', newPassword: breached });

      expect(violationsOf(registered)).toEqual(['#/email is_email']);
      expect(violationsOf(reset)).toEqual(['#/token min_length']);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
    expect(hash).not.toHaveBeenCalled();
    expect(requests).toEqual([]);
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
    handler = (_request, response) => response.end(`${digest.slice(5)}:0\r\n`);

    expect((await register(breached)).status).toBe(202);
  });

  it.each<[string, Handler]>([
    ['does not respond', () => undefined],
    ['stops in the middle of the response', (_request, response) => response.write(`${digest.slice(5)}:3\r\n`)],
    ['fails', (_request, response) => response.writeHead(500).end(`${digest.slice(5)}:3\r\n`)],
    ['redirects', (_request, response) => response.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end()],
    ['closes the connection', (request) => request.socket.destroy()],
  ])('is skipped when it %s', async (_, failing) => {
    handler = failing;

    expect((await register(breached)).status).toBe(202);
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
