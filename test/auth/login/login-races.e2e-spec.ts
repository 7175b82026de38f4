import { afterEach, describe, expect, it } from '@jest/globals';
import { createApp } from '../../../src/app.setup.ts';
import type { ApiResponse } from '../../harness/http/api.ts';
import { Api } from '../../harness/http/api.ts';
import { startApp, testConfig } from '../../harness/app/app.ts';
import { ThrottleBucketsFixture } from '../../harness/database/throttle-buckets.ts';

const limits = {
  AUTH_RATE_LIMIT_IP: '30/60,300/3600',
  AUTH_RATE_LIMIT_ACCOUNT_IP: '5/60/900',
  AUTH_RATE_LIMIT_ACCOUNT: '20/3600/60',
};
const first = await startApp(limits);
const { factory, database } = first;
/** Another instance of the service, with its own queues and connections on the same database. */
const second = await startApp({ ...limits, DATABASE_URL: database.url });
const buckets = new ThrottleBucketsFixture(database);
const wrong = 'not the password at all';
/** The queues of hashes and requests are full, the limit is reserved by attempts in progress, or PostgreSQL is slow. */
const busy = ['server_overloaded', 'attempts_in_progress', 'service_unavailable'];

afterEach(async () => {
  await buckets.empty();
});

async function logIn(api: Api, email: string, password: string): Promise<ApiResponse> {
  return await api.post('/v1/auth/login', { email, password });
}

/** Sends `count` concurrent requests, alternating between both instances. */
async function concurrently(
  times: number,
  send: (api: Api, index: number) => Promise<ApiResponse>,
): Promise<ApiResponse[]> {
  return await Promise.all(
    Array.from({ length: times }, async (_, index) => await send((index % 2 === 0 ? first : second).api, index)),
  );
}

function codesOf(responses: readonly ApiResponse[]): Set<unknown> {
  return new Set(responses.map(({ status, body }) => (status === 200 ? 200 : (body as { code?: string }).code)));
}

/** The codes of those that were neither logged in nor refused by a limit of a busy service (docs/reference/overload.md). */
function unexpected(responses: readonly ApiResponse[], refusals: readonly string[] = []): unknown[] {
  const others = responses.filter(({ status, headers, body }) => {
    if (status === 200) return false;
    const { code = '' } = body as { code?: string };
    return !refusals.includes(code) && !(busy.includes(code) && status === 503 && Number(headers['retry-after']) > 0);
  });
  return [...codesOf(others)];
}

async function sessions({ id }: { readonly id: string }): Promise<number> {
  return (await database.pool.query('SELECT FROM sessions WHERE user_id = $1', [id])).rows.length;
}

async function wrongPasswords(subjectId: string): Promise<number> {
  const events = await factory.auditEvents({ subjectId, event: 'authn_login_fail' });
  return events.filter(({ reason }) => reason === 'wrong password').length;
}

describe('A thousand concurrent guesses at two instances', () => {
  it('are evaluated as often as the limit allows', async () => {
    const { id, email, password } = await factory.user();

    const responses = await concurrently(1000, async (api) => await logIn(api, email, wrong));

    expect(responses.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(await wrongPasswords(id)).toBe(5);
    expect(unexpected(responses, ['invalid_credentials', 'too_many_attempts'])).toEqual([]);
    expect((await logIn(second.api, email, password)).status).toBe(429);
    expect(await buckets.count('login-account-ip')).toEqual({ failures: 5, open: 0 });
  });
});

describe('Two hundred concurrent logins with the right password', () => {
  it('succeed at one account', async () => {
    const user = await factory.user();
    const { email, password } = user;

    const responses = await concurrently(200, async (api) => await logIn(api, email, password));

    const succeeded = responses.filter(({ status }) => status === 200).length;
    expect(unexpected(responses)).toEqual([]);
    expect(succeeded).toBeGreaterThanOrEqual(100);
    expect(await sessions(user)).toBe(succeeded);
    expect((await logIn(first.api, email, password)).status).toBe(200);
    expect(await buckets.count('login')).toEqual({ failures: 0, open: 0 });
  });

  it('succeed at as many accounts from one IP address', async () => {
    const users = await Promise.all(Array.from({ length: 200 }, async () => await factory.user()));

    const responses = await concurrently(200, async (api, index) => {
      const { email = '', password = '' } = users[index] ?? {};
      return await logIn(api, email, password);
    });

    expect(unexpected(responses)).toEqual([]);
    expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100);
    expect(await buckets.count('login-ip')).toEqual({ failures: 0, open: 0 });
  });
});

describe('A hundred concurrent valid refresh tokens', () => {
  it('are all exchanged, from one IP address', async () => {
    const users = await Promise.all(Array.from({ length: 100 }, async () => await factory.user()));
    const tokens: string[] = [];
    for (const user of users) tokens.push((await first.api.logIn(user)).refreshToken);

    const responses = await concurrently(100, async (api, index) => {
      return await api.post('/v1/auth/refresh', { refreshToken: tokens[index] });
    });

    expect(codesOf(responses)).toEqual(new Set([200]));
    expect(await buckets.count('login-ip')).toEqual({ failures: 0, open: 0 });
  });
});

describe('A reservation', () => {
  /** Inserts five reservations that were made `seconds` ago. */
  async function reserved(email: string, seconds: number): Promise<void> {
    await logIn(first.api, email, wrong);
    await database.pool.query(
      `UPDATE rate_limit_buckets SET failures = 0, in_flight =
         array_fill(clock_timestamp() - $1 * interval '1 second', ARRAY[5])
       WHERE key LIKE 'login-account-ip:%'`,
      [seconds],
    );
  }

  it('delays further attempts while it may still be released', async () => {
    const { email, password } = await factory.user();
    await reserved(email, 0);

    const login = logIn(first.api, email, password);
    const meanwhile = await Promise.race([login, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))]);
    await buckets.empty();

    expect(meanwhile).toBe('waits');
    expect((await login).status).toBe(200);
  });

  it('delays further attempts for a limited time', async () => {
    const { email, password } = await factory.user();
    await reserved(email, 0);

    const response = await logIn(first.api, email, password);

    expect(response).toBeProblem('attempts-in-progress', 503);
    expect(response.headers['retry-after']).toMatch(/^[1-9]\d?$/);
  });

  it('counts as a failure when it is never settled', async () => {
    const { email, password } = await factory.user();
    await reserved(email, 11);

    expect(await logIn(first.api, email, password)).toBeProblem('too-many-attempts', 429);
    await buckets.pass(61);
    expect((await logIn(first.api, email, password)).status).toBe(200);
  });

  it('is refunded when the attempt fails for another reason', async () => {
    const { email, password } = await factory.user();
    await database.pool.query('ALTER TABLE users RENAME TO users_elsewhere');
    const broken = await logIn(first.api, email, password);
    await database.pool.query('ALTER TABLE users_elsewhere RENAME TO users');

    expect(broken.status).toBe(500);
    expect(await buckets.count('login')).toEqual({ failures: 0, open: 0 });
    const { rows } = await database.pool.query('SELECT FROM rate_limit_buckets');
    expect(rows).toHaveLength(0);
  });
});

describe('A restart', () => {
  it('keeps all failures', async () => {
    const { email, password } = await factory.user();
    for (let time = 0; time < 5; time += 1) await logIn(first.api, email, wrong);

    const config = testConfig({ ...limits, DATABASE_URL: database.url });
    const restarted = await createApp(config);
    await restarted.listen(0, '127.0.0.1');
    const response = await logIn(new Api(await restarted.getUrl()), email, password);
    await restarted.close();

    expect(response.status).toBe(429);
  });
});
