import { beforeEach, describe, expect, it } from '@jest/globals';
import { AttemptsService } from '../src/features/attempts/attempts.service.ts';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import { Buckets } from './support/attempts.ts';
import { mailsTo } from './support/mails.ts';

const { app, api, given, database } = await start({
  AUTH_LIMIT_REGISTER: '10/3600',
  AUTH_LIMIT_TOKEN: '20/300',
  AUTH_LIMIT_MAIL_ACCOUNT: '1/60,5/3600',
  AUTH_LIMIT_MAIL_ADDRESS: '10/3600',
  TRUSTED_PROXY_HOPS: '1',
  AUTH_MAGIC_LINK: 'true',
});
const buckets = new Buckets(database);
let counter = 0;

beforeEach(async () => {
  await buckets.empty();
});

async function register(password = 'correct horse battery staple', ip = '192.0.2.1'): Promise<Reply> {
  const email = `registrant${(counter += 1)}@example.com`;
  return await api.post('/v1/auth/register', { email, password }, { 'X-Forwarded-For': ip });
}

describe('POST /v1/auth/register', () => {
  it('is done ten times an hour for one address', async () => {
    for (let time = 0; time < 10; time += 1) expect((await register()).status).toBe(202);

    const refused = await register();

    expect(refused).toBeProblem('too-many-attempts', 429);
    expect(refused.headers['ratelimit-policy']).toBe('"register";q=10;w=3600');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500);
    expect((await register(undefined, '192.0.2.2')).status).toBe(202);
    expect(await given.auditEvents({ event: 'excess_rate_limit_exceeded' })).toEqual([
      expect.objectContaining({ outcome: 'failure', reason: 'throttled', ip: '192.0.2.1' }),
    ]);
    await buckets.pass(3601);
    expect((await register()).status).toBe(202);
  });

  it('is done no more often by fifty at once', async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, async () => await register()));

    expect(replies.filter(({ status }) => status === 202)).toHaveLength(10);
  });

  it('does not count what it refuses', async () => {
    for (let time = 0; time < 12; time += 1) expect((await register('short')).status).toBe(422);

    expect((await register()).status).toBe(202);
  });
});

describe.each([
  ['/v1/auth/email/verify', {}],
  ['/v1/auth/password/reset', { newPassword: 'correct horse battery staple' }],
])('POST %s', (path, body) => {
  it('is asked with twenty wrong tokens in five minutes by one address', async () => {
    const present = async (ip = '192.0.2.1'): Promise<Reply> =>
      await api.post(path, { token: 'nobody has this', ...body }, { 'X-Forwarded-For': ip });
    for (let time = 0; time < 20; time += 1) expect((await present()).status).toBe(400);

    const refused = await present();

    expect(refused).toBeProblem('too-many-attempts', 429);
    expect(refused.headers['ratelimit-policy']).toBe('"token";q=20;w=300');
    expect((await present('192.0.2.2')).status).toBe(400);
    await buckets.pass(301);
    expect((await present()).status).toBe(400);
  });
});

describe('A mail that anybody may ask for', () => {
  const attempts = app.get(AttemptsService);

  it('reaches an account once a minute and five times an hour, whoever has it', async () => {
    const answers: boolean[] = [];
    for (let minute = 0; minute < 6; minute += 1) {
      answers.push(
        await attempts.mayMail('forgot', 'Reader@example.com'),
        await attempts.mayMail('forgot', 'reader@example.com'),
      );
      await buckets.pass(61, 'mail-to-forgot:60');
      await database.pool.query(`DELETE FROM attempt_buckets WHERE key LIKE 'mail-from:%'`);
    }

    expect(answers).toEqual([true, false, true, false, true, false, true, false, true, false, false, false]);
    await buckets.pass(3601);
    expect(await attempts.mayMail('forgot', 'reader@example.com')).toBe(true);
  });

  it('is asked for ten times an hour by one address', async () => {
    for (let time = 0; time < 10; time += 1)
      expect(await attempts.mayMail('forgot', `reader${time}@example.com`)).toBe(true);

    await expect(attempts.mayMail('forgot', 'reader11@example.com')).rejects.toMatchObject({ kind: { status: 429 } });
  });

  it('is granted to one of ten who ask at once', async () => {
    const asked = Array.from({ length: 10 }, async () => await attempts.mayMail('forgot', 'crowd@example.com'));

    expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
  });
});

describe('A registration of an address that is taken', () => {
  const password = 'correct horse battery staple';
  const again = async (email: string): Promise<void> => {
    expect((await api.post('/v1/auth/register', { email, password })).text).toBe('{"status":"accepted"}');
  };
  const subjects = async (email: string): Promise<string[]> =>
    (await mailsTo(api, email)).map(({ subject }) => subject);
  const newestToken = async (email: string): Promise<string> =>
    new URL((await mailsTo(api, email))[0]?.links[0] ?? '').searchParams.get('token') ?? '';

  it('is told to its owner once a minute, and to nobody that it was not', async () => {
    const { email } = await given.user();
    for (let time = 0; time < 4; time += 1) await again(email);
    expect(await subjects(email)).toEqual(['You already have an account']);

    await buckets.pass(61, 'mail-to-register:60');
    await again(email);

    expect(await subjects(email)).toHaveLength(2);
  });

  it('voids no link that it sends no other for', async () => {
    const email = 'invited.once@example.com';
    const admin = api.as(await given.admin());
    expect((await admin.post('/v1/users', { email })).status).toBe(201);
    await again(email);
    const token = await newestToken(email);

    for (let time = 0; time < 3; time += 1) await again(email);

    expect(await subjects(email)).toEqual(['Choose a password for your account', 'You are invited']);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
  });

  it('takes the password of an unverified account away, and says so, however many mails there were', async () => {
    const email = 'squatted@example.com';
    for (let time = 0; time < 4; time += 1) await again(email);

    expect(await subjects(email)).toEqual(['Choose a password for your account', 'Confirm your e-mail address']);
    const { rows } = await database.pool.query('SELECT password_hash FROM users WHERE email = $1', [email]);
    expect(rows).toEqual([{ password_hash: null }]);
  });
});

describe.each([
  ['/v1/auth/password/forgot', 'authn_password_reset_requested', {}],
  ['/v1/auth/email/verify/resend', 'user_email_verification_requested', {}],
  ['/v1/auth/magic-link', 'authn_magic_link_requested', {}],
  ['/v1/auth/register', 'user_created', { password: 'correct horse battery staple' }],
])('A mail that %s does not send', (path, event, body) => {
  it.each([{ disabled: false }, { disabled: true }])(
    'is written down about its owner, and goes with them: %j',
    async (state) => {
      const { id, email } = await given.user({ verified: event === 'user_created' || state.disabled, ...state });
      for (let time = 0; time < 2; time += 1)
        await api.post(path, { email, ...body }, { 'X-Forwarded-For': '192.0.2.9' });
      const where = async (): Promise<unknown[]> =>
        (await given.auditEvents({ event })).filter(({ ip }) => ip === '192.0.2.9').map(({ subject_id }) => subject_id);
      expect(await where()).toEqual([id, id]);

      await database.pool.query('DELETE FROM users WHERE id = $1', [id]);

      expect(await where()).toEqual([]);
    },
  );
});
