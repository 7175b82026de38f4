import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { ThrottleBuckets } from '../../../src/features/auth/login-throttling/throttle-buckets.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { LoginFlows } from '../../harness/http/login-flows.ts';
import { bearerOf, codeOf, mfaEnvironment, MfaFlows, wrongCodeOf } from '../../harness/http/mfa-flows.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const running = await sharedApp(mfaEnvironment);
const { api, factory, database } = running;
const flows = new LoginFlows(running);
const mfa = new MfaFlows(running);
const mailbox = new Mailbox(api);

const claimsOf = ({ body }: ApiResponse): Record<string, unknown> => decodeJwt((body as Tokens).accessToken);
const statusesOf = (responses: readonly ApiResponse[]): number[] => responses.map(({ status }) => status).sort();

describe('POST /v1/auth/login of an account with a second factor', () => {
  it('returns a challenge, no tokens, and creates no session', async () => {
    const user = await mfa.user();
    const before = await flows.open(user);

    const response = await flows.byPassword(user);

    expect(response).toMatchObject({
      status: 200,
      body: { status: 'mfa_required', methods: ['totp', 'recovery-code'], expiresIn: 300 },
    });
    expect(Object.keys(response.body as object).sort()).toEqual(['expiresIn', 'methods', 'mfaToken', 'status']);
    expect(await flows.open(user)).toBe(before);
  });

  it('returns the same response as other accounts for a wrong password', async () => {
    const user = await mfa.user();

    const response = await api.post('/v1/auth/login', { email: user.email, password: 'not the password, I think' });

    expect(response).toBeProblem('invalid-credentials', 401);
  });

  it('is required after a password reset too', async () => {
    const user = await mfa.user();
    const newPassword = 'another password of the tests';
    await api.post('/v1/auth/password/forgot', { email: user.email });
    await api.post('/v1/auth/password/reset', { token: await mailbox.tokenFor(user.email), newPassword });

    const { body } = await flows.byPassword({ ...user, password: newPassword });

    expect(body).toMatchObject({ status: 'mfa_required' });
  });

  it('is required after a magic link, whose session then has both methods', async () => {
    const user = await mfa.user();
    const open = await flows.link(user);

    const { body } = await open();
    const verified = await mfa.verify((body as { mfaToken: string }).mfaToken, codeOf(user));

    expect(body).toMatchObject({ status: 'mfa_required' });
    expect(claimsOf(verified)).toMatchObject({ amr: ['email', 'otp', 'mfa'], acr: 'aal2' });
  });
});

describe('POST /v1/auth/mfa/verify', () => {
  it('creates a session with both methods, which a refresh keeps', async () => {
    const user = await mfa.user();

    const response = await mfa.verify(await mfa.challenge(user), codeOf(user));

    expect(response.status).toBe(200);
    expect(claimsOf(response)).toMatchObject({ sub: user.id, amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    const { refreshToken } = response.body as Tokens;
    expect(claimsOf(await api.post('/v1/auth/refresh', { refreshToken }))).toMatchObject({ acr: 'aal2' });
    const sessions = await api.get('/v1/auth/sessions', bearerOf(response.body as Tokens));
    expect(sessions.body).toMatchObject({ data: [{ amr: ['pwd', 'otp', 'mfa'], current: true }, { amr: ['pwd'] }] });
  });

  it('ends the failed logins of the account, which the right password alone does not', async () => {
    const user = await mfa.user();
    const counted = async (): Promise<unknown[]> => {
      const { rows } = await database.pool.query<{ failures: number }>(
        `SELECT failures FROM rate_limit_buckets WHERE key LIKE 'login-consecutive:%' AND key LIKE '%' || $1`,
        [running.app.get(ThrottleBuckets).account(user.email)],
      );
      return rows.map(({ failures }) => failures);
    };
    await api.post('/v1/auth/login', { email: user.email, password: 'not the password' });
    expect(await counted()).toEqual([1]);

    const mfaToken = await mfa.challenge(user);
    const afterPassword = await counted();
    await mfa.verify(mfaToken, codeOf(user));

    expect(afterPassword).toEqual([1]);
    expect(await counted()).toEqual([]);
  });

  it('accepts a code with spaces', async () => {
    const user = await mfa.user();

    const response = await mfa.verify(await mfa.challenge(user), codeOf(user).replace(/^.../, '$& '));

    expect(response.status).toBe(200);
  });

  it('refuses a code in full-width digits', async () => {
    const user = await mfa.user();
    const fullWidth = codeOf(user).replaceAll(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));

    expect(await mfa.verify(await mfa.challenge(user), fullWidth)).toBeProblem('invalid-mfa', 401);
    expect((await mfa.verify(await mfa.challenge(user), codeOf(user))).status).toBe(200);
  });

  it('refuses a code that was accepted before, and older ones, in every flow', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const app = await mfa.enrol(tokens);
    const used = codeOf(app, 1);
    const { status } = await mfa.activate(tokens, app.factorId, used);
    const attempts = [used, codeOf(app), codeOf(app, -1)];

    const mfaToken = await mfa.challenge(user);
    const logins = [];
    for (const code of attempts) logins.push(await mfa.verify(mfaToken, code));
    const stepUp = await api.post('/v1/auth/reauthenticate', { code: used }, bearerOf(tokens));

    expect(status).toBe(200);
    for (const response of [...logins, stepUp]) expect(response).toBeProblem('invalid-mfa', 401);
    const { rows } = await database.pool.query('SELECT FROM sessions WHERE user_id = $1', [user.id]);
    expect(rows).toHaveLength(1);
  });

  it('accepts a code once for concurrent logins, and a challenge once for concurrent codes', async () => {
    const user = await mfa.user();
    const challenges = await Promise.all(Array.from({ length: 4 }, async () => await mfa.challenge(user)));
    const code = codeOf(user);

    const sameCode = await Promise.all(challenges.map(async (each) => await mfa.verify(each, code)));

    expect(statusesOf(sameCode)).toEqual([200, 401, 401, 401]);
    const other = await mfa.user();
    const mfaToken = await mfa.challenge(other);
    const [one = '', two = '', three = ''] = other.recoveryCodes;
    const sameChallenge = await Promise.all(
      [one, two, three].map(async (each) => await mfa.verify(mfaToken, each, 'recovery-code')),
    );
    expect(statusesOf(sameChallenge)).toEqual([200, 401, 401]);
    const { rows } = await database.pool.query('SELECT FROM recovery_codes WHERE user_id = $1', [other.id]);
    expect(rows).toHaveLength(9);
  });

  it('refuses every code after five attempts, also concurrent ones', async () => {
    const user = await mfa.user();
    const mfaToken = await mfa.challenge(user);

    const guesses = await Promise.all(
      Array.from({ length: 7 }, async () => await mfa.verify(mfaToken, wrongCodeOf(user))),
    );

    expect(statusesOf(guesses)).toEqual([401, 401, 401, 401, 401, 401, 401]);
    expect(await mfa.verify(mfaToken, codeOf(user))).toBeProblem('invalid-mfa', 401);
    const events = await factory.auditEvents({ subjectId: user.id, event: 'authn_mfa_fail' });
    expect(events.map(({ reason }) => reason).filter((reason) => reason === 'totp not valid')).toHaveLength(5);
    expect((await mfa.verify(await mfa.challenge(user), codeOf(user))).status).toBe(200);
  });

  it('returns 429 after ten invalid codes of an account, which a valid password does not reset', async () => {
    const user = await mfa.user();
    for (let login = 0; login < 2; login += 1) {
      const mfaToken = await mfa.challenge(user);
      for (let guess = 0; guess < 5; guess += 1) await mfa.verify(mfaToken, wrongCodeOf(user));
    }

    const response = await mfa.verify(await mfa.challenge(user), codeOf(user));

    expect(response).toBeProblem('too-many-attempts', 429);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(800);
    expect(response.headers).not.toHaveProperty('ratelimit');
    const stepUp = await api.post('/v1/auth/reauthenticate', { code: codeOf(user) }, bearerOf(user.tokens));
    expect(stepUp).toBeProblem('too-many-attempts', 429);
    const another = await api.logIn(await factory.user());
    expect(another).toHaveProperty('accessToken');
  });

  it('refuses an unknown, an expired and a used challenge', async () => {
    const user = await mfa.user();
    const used = await mfa.challenge(user);
    await mfa.verify(used, codeOf(user));
    await mfa.allowReplay(user);
    const expired = await mfa.challenge(user);
    await database.pool.query('UPDATE mfa_challenges SET expires_at = now() WHERE user_id = $1', [user.id]);

    for (const mfaToken of ['unknown', used, expired])
      expect(await mfa.verify(mfaToken, codeOf(user))).toBeProblem('invalid-mfa', 401);
  });

  it('refuses the code of another user', async () => {
    const [user, other] = [await mfa.user(), await mfa.user()];

    const response = await mfa.verify(await mfa.challenge(user), codeOf(other));

    expect(response).toBeProblem('invalid-mfa', 401);
    expect((await mfa.verify(await mfa.challenge(other), codeOf(other))).status).toBe(200);
  });

  it('refuses a challenge from before a change of the password, or of an account that was disabled', async () => {
    const [user, disabled] = [await mfa.user(), await mfa.user()];
    const challenges = [await mfa.challenge(user), await mfa.challenge(disabled)] as const;
    const change = { currentPassword: user.password, newPassword: 'another password of the tests' };
    const renewed = await api.post('/v1/auth/reauthenticate', { code: codeOf(user) }, bearerOf(user.tokens));
    const changed = await api.post('/v1/auth/password/change', change, bearerOf(renewed.body as Tokens));
    await api.as(await factory.admin()).post(`/v1/users/${disabled.id}/disable`);

    expect(changed.status).toBe(200);
    expect(await mfa.verify(challenges[0], codeOf(user, 1))).toBeProblem('invalid-mfa', 401);
    expect(await mfa.verify(challenges[1], codeOf(disabled))).toBeProblem('invalid-mfa', 401);
    expect(await flows.open(disabled)).toBe(0);
  });

  it.each([{ method: 'sms' }, { code: '' }, { code: 123456 }, { mfaToken: null }])('rejects %j', async (members) => {
    const body = { mfaToken: 'unknown', method: 'totp', code: '123456', ...members };

    expect(await api.post('/v1/auth/mfa/verify', body)).toBeProblem('validation-failed', 422);
  });
});

describe('A recovery code', () => {
  it('replaces the second factor once, and its owner is notified', async () => {
    const user = await mfa.user();
    const [code = ''] = user.recoveryCodes;
    const typed = `${code.slice(0, 12)}-${code.slice(12)}`.toLowerCase();

    const first = await mfa.verify(await mfa.challenge(user), typed, 'recovery-code');
    const again = await mfa.verify(await mfa.challenge(user), code, 'recovery-code');

    expect(claimsOf(first)).toMatchObject({ amr: ['pwd', 'recovery_code', 'mfa'], acr: 'aal2' });
    expect(again).toBeProblem('invalid-mfa', 401);
    expect((await mailbox.subjectsTo(user.email))[0]).toBe('A recovery code was used');
    const [event] = await factory.auditEvents({ subjectId: user.id, event: 'authn_recovery_code_used' });
    expect(event).toMatchObject({ outcome: 'success', reason: '9 left' });
    const removed = await api.delete(`/v1/auth/mfa/totp/${user.factorId}`, bearerOf(first.body as Tokens));
    expect(removed.status).toBe(204);
  });

  it('of the last three also sends an email that few are left', async () => {
    const user = await mfa.user();
    await database.pool.query(
      `DELETE FROM recovery_codes WHERE user_id = $1 AND id NOT IN (
         SELECT id FROM recovery_codes WHERE user_id = $1 ORDER BY id LIMIT 4)`,
      [user.id],
    );

    const responses = [];
    for (const code of user.recoveryCodes.slice(0, 4))
      responses.push(await mfa.verify(await mfa.challenge(user), code, 'recovery-code'));

    expect(statusesOf(responses)).toEqual([200, 200, 200, 200]);
    const subjects = await mailbox.subjectsTo(user.email);
    expect(subjects.filter((subject) => subject === 'You have few recovery codes left')).toHaveLength(4);
  });
});

describe('POST /v1/auth/reauthenticate of an account with a second factor', () => {
  it('raises the session by a code, which is accepted once', async () => {
    const user = await mfa.user();
    const code = codeOf(user);
    const send = async (): Promise<ApiResponse> =>
      await api.post('/v1/auth/reauthenticate', { code }, bearerOf(user.tokens));

    const [first, second] = [await send(), await send()];

    expect(claimsOf(first)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    expect(claimsOf(first)['sid']).toBe(decodeJwt(user.tokens.accessToken)['sid']);
    expect(second).toBeProblem('invalid-mfa', 401);
  });

  it('is required before a change of the password, which keeps both factors', async () => {
    const user = await mfa.user();
    const change = { currentPassword: user.password, newPassword: 'another password of the tests' };
    const refused = await api.post('/v1/auth/password/change', change, bearerOf(user.tokens));
    const renewed = await api.post('/v1/auth/reauthenticate', { code: codeOf(user) }, bearerOf(user.tokens));

    const changed = await api.post('/v1/auth/password/change', change, bearerOf(renewed.body as Tokens));

    expect(refused).toBeProblem('reauthentication-required', 401);
    expect(changed.status).toBe(200);
    expect(claimsOf(changed)).toMatchObject({ acr: 'aal2' });
  });

  it('accepts a code once for concurrent requests', async () => {
    const user = await mfa.user();
    const code = codeOf(user);

    const responses = await Promise.all(
      [1, 2, 3].map(async () => await api.post('/v1/auth/reauthenticate', { code }, bearerOf(user.tokens))),
    );

    expect(statusesOf(responses)).toEqual([200, 401, 401]);
  });

  it('refuses a code of an account without a second factor', async () => {
    const tokens = await api.logIn(await factory.user());

    const response = await api.post('/v1/auth/reauthenticate', { code: '123456' }, bearerOf(tokens));

    expect(response).toBeProblem('invalid-mfa', 401);
  });

  it.each([{}, { password: 'a password of the tests', code: '123456' }, { code: 5 }, { password: [] }])(
    'rejects %j',
    async (body) => {
      const user = await factory.user();

      const response = await api.post('/v1/auth/reauthenticate', body, bearerOf(await api.logIn(user)));

      expect(response).toBeProblem('validation-failed', 422);
    },
  );
});
