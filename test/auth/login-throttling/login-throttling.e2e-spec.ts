import { beforeEach, describe, expect, it } from '@jest/globals';
import { LoginThrottle } from '../../../src/features/auth/login-throttling/login-throttle.ts';
import type { ApiResponse } from '../../harness/http/api.ts';
import { startApp } from '../../harness/app/app.ts';
import { ThrottleBucketsFixture } from '../../harness/database/throttle-buckets.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';
import { oneTimeTokenFor } from '../../harness/mail/one-time-tokens.ts';

const running = await startApp({
  AUTH_RATE_LIMIT_REGISTRATION: '10/3600',
  AUTH_RATE_LIMIT_ONE_TIME_TOKEN: '20/300',
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT: '1/60,5/3600',
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT_TOTAL: '10/3600',
  AUTH_RATE_LIMIT_EMAIL_PER_IP: '10/3600',
  TRUSTED_PROXY_HOPS: '1',
  AUTH_MAGIC_LINK_ENABLED: 'true',
});
const { app, api, factory, database } = running;
const buckets = new ThrottleBucketsFixture(database);
let counter = 0;

beforeEach(async () => {
  await buckets.empty();
});

async function register(password = 'correct horse battery staple', ip = '192.0.2.1'): Promise<ApiResponse> {
  const email = `registrant${(counter += 1)}@example.com`;
  return await api.post('/v1/auth/register', { email, password }, { 'X-Forwarded-For': ip });
}

describe('POST /v1/auth/register', () => {
  it('is allowed ten times an hour from one IP address', async () => {
    for (let time = 0; time < 10; time += 1) expect((await register()).status).toBe(202);

    const refused = await register();

    expect(refused).toBeProblem('too-many-attempts', 429);
    expect(refused.headers['ratelimit-policy']).toBe('"register";q=10;w=3600');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500);
    expect((await register(undefined, '192.0.2.2')).status).toBe(202);
    expect(await factory.auditEvents({ event: 'excess_rate_limit_exceeded' })).toEqual([
      expect.objectContaining({ outcome: 'failure', reason: 'throttled', ip: '192.0.2.1' }),
    ]);
    await buckets.pass(3601);
    expect((await register()).status).toBe(202);
  });

  it('does not exceed the limit with fifty concurrent requests', async () => {
    const responses = await Promise.all(Array.from({ length: 50 }, async () => await register()));

    expect(responses.filter(({ status }) => status === 202)).toHaveLength(10);
  });

  it('does not count rejected registrations', async () => {
    for (let time = 0; time < 12; time += 1) expect((await register('short')).status).toBe(422);

    expect((await register()).status).toBe(202);
  });
});

describe.each([
  ['/v1/auth/email/verify', {}],
  ['/v1/auth/password/reset', { newPassword: 'correct horse battery staple' }],
])('POST %s', (path, body) => {
  it('allows twenty wrong tokens in five minutes from one IP address', async () => {
    const present = async (ip = '192.0.2.1'): Promise<ApiResponse> =>
      await api.post(path, { token: 'an unknown token', ...body }, { 'X-Forwarded-For': ip });
    for (let time = 0; time < 20; time += 1) expect((await present()).status).toBe(400);

    const refused = await present();

    expect(refused).toBeProblem('too-many-attempts', 429);
    expect(refused.headers['ratelimit-policy']).toBe('"token";q=20;w=300');
    expect((await present('192.0.2.2')).status).toBe(400);
    await buckets.pass(301);
    expect((await present()).status).toBe(400);
  });

  it('never rejects a valid token for the failures of others', async () => {
    const user = await factory.user({ verified: false });
    const token = await oneTimeTokenFor(running, path.endsWith('reset') ? 'invitation' : 'verify-email', user);
    const present = async (presented: string): Promise<ApiResponse> =>
      await api.post(path, { token: presented, ...body }, { 'X-Forwarded-For': '192.0.2.3' });
    for (let time = 0; time < 20; time += 1) await present('an unknown token');
    expect((await present('an unknown token')).status).toBe(429);

    expect((await present(token)).status).toBe(204);
  });
});

describe('The page of an emailed link', () => {
  it('counts invalid tokens like their submission, and shows valid ones whatever the limit', async () => {
    const user = await factory.user({ verified: false });
    const token = await oneTimeTokenFor(running, 'verify-email', user);
    const open = async (presented: string): Promise<ApiResponse> =>
      await api.get(`/account/verify-email?token=${presented}`, {
        ...{ 'X-Forwarded-For': '192.0.2.4', Accept: 'text/html' },
      });
    for (let time = 0; time < 20; time += 1) expect((await open('unknown')).status).toBe(400);

    const refused = await open('unknown');
    expect(refused).toMatchObject({ status: 429, text: expect.stringContaining('Too many attempts') });
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect((await open(token)).status).toBe(200);
  });
});

describe('An email that unauthenticated clients can request', () => {
  const attempts = app.get(LoginThrottle);

  it('is sent once a minute and five times an hour to one recipient', async () => {
    const allowed: boolean[] = [];
    for (let minute = 0; minute < 6; minute += 1) {
      allowed.push(
        await attempts.allowEmailTo('forgot', 'Reader@example.com'),
        await attempts.allowEmailTo('forgot', 'reader@example.com'),
      );
      await buckets.pass(61, 'mail-to-forgot:60');
      await database.pool.query(`DELETE FROM rate_limit_buckets WHERE key LIKE 'mail-from:%'`);
    }

    expect(allowed).toEqual([true, false, true, false, true, false, true, false, true, false, false, false]);
    await buckets.pass(3601);
    expect(await attempts.allowEmailTo('forgot', 'reader@example.com')).toBe(true);
  });

  it('is sent ten times an hour to one recipient, of all kinds together', async () => {
    const allow = async (kind: 'email-change' | 'forgot' | 'magic-link' | 'register' | 'resend'): Promise<boolean> => {
      const allowed = await attempts.allowRecipient(kind, 'total@example.com');
      await buckets.pass(61, `mail-to-${kind}:60`);
      return allowed;
    };
    for (let time = 0; time < 5; time += 1) {
      expect([await allow('magic-link'), await allow('resend')]).toEqual([true, true]);
    }

    expect([await allow('forgot'), await allow('register')]).toEqual([false, false]);
    expect(await allow('email-change')).toBe(true);
    await buckets.pass(3601);
    expect(await allow('forgot')).toBe(true);
  });

  it('is allowed ten times an hour from one IP address', async () => {
    for (let time = 0; time < 10; time += 1)
      expect(await attempts.allowEmailTo('forgot', `reader${time}@example.com`)).toBe(true);

    await expect(attempts.allowEmailTo('forgot', 'reader11@example.com')).rejects.toMatchObject({
      kind: { status: 429 },
    });
  });

  it('is allowed for one of ten concurrent requests', async () => {
    const requests = Array.from(
      { length: 10 },
      async () => await attempts.allowEmailTo('forgot', 'concurrent@example.com'),
    );

    expect((await Promise.all(requests)).filter(Boolean)).toHaveLength(1);
  });
});

describe('A registration of a taken email address', () => {
  const password = 'correct horse battery staple';
  const again = async (email: string): Promise<void> => {
    expect((await api.post('/v1/auth/register', { email, password })).text).toBe('{"status":"accepted"}');
  };
  const mailbox = new Mailbox(api);

  it('is reported to its owner once a minute, with the same response each time', async () => {
    const { email } = await factory.user();
    for (let time = 0; time < 4; time += 1) await again(email);
    expect(await mailbox.subjectsTo(email)).toEqual(['You already have an account']);

    await buckets.pass(61, 'mail-to-register:60');
    await again(email);

    expect(await mailbox.subjectsTo(email)).toHaveLength(2);
  });

  it('revokes no link when it sends no other', async () => {
    const email = 'invited.once@example.com';
    const admin = api.as(await factory.admin());
    expect((await admin.post('/v1/users', { email })).status).toBe(201);
    await again(email);
    const token = await mailbox.tokenFor(email);

    for (let time = 0; time < 3; time += 1) await again(email);

    expect(await mailbox.subjectsTo(email)).toEqual(['Choose a password for your account', 'You are invited']);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
  });

  it('removes the password of an unverified account, and notifies it, despite the email limit', async () => {
    const email = 'squatted@example.com';
    for (let time = 0; time < 4; time += 1) await again(email);

    expect(await mailbox.subjectsTo(email)).toEqual([
      'Choose a password for your account',
      'Confirm your email address',
    ]);
    const { rows } = await database.pool.query('SELECT password_hash FROM users WHERE email = $1', [email]);
    expect(rows).toEqual([{ password_hash: null }]);
  });
});

describe.each([
  ['/v1/auth/password/forgot', 'authn_password_reset_requested', {}],
  ['/v1/auth/email/verify/resend', 'user_email_verification_requested', {}],
  ['/v1/auth/magic-link', 'authn_magic_link_requested', {}],
  ['/v1/auth/register', 'user_created', { password: 'correct horse battery staple' }],
])('An email that %s does not send', (path, event, body) => {
  it.each([{ disabled: false }, { disabled: true }])(
    'is recorded about its account, and deleted with it: %j',
    async (state) => {
      const { id, email } = await factory.user({ verified: event === 'user_created' || state.disabled, ...state });
      for (let time = 0; time < 2; time += 1)
        await api.post(path, { email, ...body }, { 'X-Forwarded-For': '192.0.2.9' });
      const where = async (): Promise<unknown[]> =>
        (await factory.auditEvents({ event }))
          .filter(({ ip }) => ip === '192.0.2.9')
          .map(({ subject_id }) => subject_id);
      expect(await where()).toEqual([id, id]);

      await database.pool.query('DELETE FROM users WHERE id = $1', [id]);

      expect(await where()).toEqual([]);
    },
  );
});
