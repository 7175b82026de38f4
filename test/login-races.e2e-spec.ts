import { afterEach, describe, expect, it } from '@jest/globals';
import { createApp } from '../src/app.setup.ts';
import type { Reply } from './support/api.ts';
import { Api } from './support/api.ts';
import { start, testConfig } from './support/app.ts';
import { Buckets } from './support/attempts.ts';

const limits = {
  AUTH_LIMIT_ADDRESS: '30/60,300/3600',
  AUTH_LIMIT_ACCOUNT_ADDRESS: '5/60/900',
  AUTH_LIMIT_ACCOUNT: '20/3600/60',
};
const first = await start(limits);
const { given, database } = first;
/** Another instance of the service: its own queues and connections, the same database. */
const second = await start({ ...limits, DATABASE_URL: database.url });
const buckets = new Buckets(database);
const wrong = 'not the password at all';

afterEach(async () => {
  await buckets.empty();
});

async function logIn(api: Api, email: string, password: string): Promise<Reply> {
  return await api.post('/v1/auth/login', { email, password });
}

/** Sends so many at once, to both instances in turns. */
async function storm(times: number, send: (api: Api, index: number) => Promise<Reply>): Promise<Reply[]> {
  return await Promise.all(
    Array.from({ length: times }, async (_, index) => await send((index % 2 === 0 ? first : second).api, index)),
  );
}

function codesOf(replies: readonly Reply[]): Set<unknown> {
  return new Set(replies.map(({ status, body }) => (status === 200 ? 200 : (body as { code?: string }).code)));
}

async function wrongPasswords(subjectId: string): Promise<number> {
  const events = await given.auditEvents({ subjectId, event: 'authn_login_fail' });
  return events.filter(({ reason }) => reason === 'wrong password').length;
}

describe('A thousand guesses at once, at two instances', () => {
  it('are looked at as often as the limit says', async () => {
    const { id, email, password } = await given.user();

    const replies = await storm(1000, async (api) => await logIn(api, email, wrong));

    expect(replies.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(await wrongPasswords(id)).toBe(5);
    const refusals = ['invalid_credentials', 'too_many_attempts', 'too_many_logins'];
    expect([...codesOf(replies)].filter((code) => !refusals.includes(String(code)))).toEqual([]);
    expect((await logIn(second.api, email, password)).status).toBe(429);
    expect(await buckets.count('login-account-address')).toEqual({ failures: 5, open: 0 });
  }, 90_000);
});

describe('Two hundred right passwords at once', () => {
  it('lock nobody out, of one account', async () => {
    const { email, password } = await given.user();

    const replies = await storm(200, async (api) => await logIn(api, email, password));

    expect([...codesOf(replies)].filter((code) => code !== 200 && code !== 'too_many_logins')).toEqual([]);
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100);
    expect((await logIn(first.api, email, password)).status).toBe(200);
    expect(await buckets.count('login')).toEqual({ failures: 0, open: 0 });
  }, 90_000);

  it('lock nobody out, of as many accounts behind one address', async () => {
    const users = await Promise.all(Array.from({ length: 200 }, async () => await given.user()));

    const replies = await storm(200, async (api, index) => {
      const { email = '', password = '' } = users[index] ?? {};
      return await logIn(api, email, password);
    });

    expect([...codesOf(replies)].filter((code) => code !== 200 && code !== 'too_many_logins')).toEqual([]);
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(100);
    expect(await buckets.count('login-address')).toEqual({ failures: 0, open: 0 });
  }, 90_000);
});

describe('A hundred good refresh tokens at once', () => {
  it('are all exchanged, behind one address', async () => {
    const users = await Promise.all(Array.from({ length: 100 }, async () => await given.user()));
    const tokens: string[] = [];
    for (const user of users) tokens.push((await first.api.logIn(user)).refreshToken);

    const replies = await storm(100, async (api, index) => {
      return await api.post('/v1/auth/refresh', { refreshToken: tokens[index] });
    });

    expect(codesOf(replies)).toEqual(new Set([200]));
    expect(await buckets.count('login-address')).toEqual({ failures: 0, open: 0 });
  }, 90_000);
});

describe('A reservation', () => {
  /** As if processes had reserved five attempts so long ago. */
  async function reserved(email: string, seconds: number): Promise<void> {
    await logIn(first.api, email, wrong);
    await database.pool.query(
      `UPDATE attempt_buckets SET failures = 0, open = array_fill(clock_timestamp() - $1 * interval '1 second', ARRAY[5])
       WHERE key LIKE 'login-account-address:%'`,
      [seconds],
    );
  }

  it('is waited for while it may still be given back', async () => {
    const { email, password } = await given.user();
    await reserved(email, 0);

    const login = logIn(first.api, email, password);
    const meanwhile = await Promise.race([login, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))]);
    await buckets.empty();

    expect(meanwhile).toBe('waits');
    expect((await login).status).toBe(200);
  });

  it('is not waited for without end', async () => {
    const { email, password } = await given.user();
    await reserved(email, 0);

    const reply = await logIn(first.api, email, password);

    expect(reply).toBeProblem('attempts-crowded', 503);
    expect(reply.headers['retry-after']).toMatch(/^[1-9]\d?$/);
  });

  it('counts as a failure when nobody has settled it', async () => {
    const { email, password } = await given.user();
    await reserved(email, 11);

    expect(await logIn(first.api, email, password)).toBeProblem('too-many-attempts', 429);
    await buckets.pass(61);
    expect((await logIn(first.api, email, password)).status).toBe(200);
  });

  it('is given back when the attempt fails for another reason', async () => {
    const { email, password } = await given.user();
    await database.pool.query('ALTER TABLE users RENAME TO users_elsewhere');
    const broken = await logIn(first.api, email, password);
    await database.pool.query('ALTER TABLE users_elsewhere RENAME TO users');

    expect(broken.status).toBe(500);
    expect(await buckets.count('login')).toEqual({ failures: 0, open: 0 });
    const { rows } = await database.pool.query('SELECT FROM attempt_buckets');
    expect(rows).toHaveLength(0);
  });
});

describe('A restart', () => {
  it('forgets no failure', async () => {
    const { email, password } = await given.user();
    for (let time = 0; time < 5; time += 1) await logIn(first.api, email, wrong);

    const config = testConfig({ ...limits, DATABASE_URL: database.url });
    const restarted = await createApp(config);
    await restarted.listen(0, '127.0.0.1');
    const reply = await logIn(new Api(await restarted.getUrl()), email, password);
    await restarted.close();

    expect(reply.status).toBe(429);
  });
});
