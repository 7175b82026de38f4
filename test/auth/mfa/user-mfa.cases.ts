import { describe, expect, it } from '@jest/globals';
import { sharedApp } from '../../harness/app/app.ts';
import type { ApiResponse } from '../../harness/http/api.ts';
import { LoginFlows } from '../../harness/http/login-flows.ts';
import { bearerOf, mfaEnvironment, MfaFlows } from '../../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const running = await sharedApp(mfaEnvironment);
const { api, factory, database } = running;
const flows = new LoginFlows(running);
const mfa = new MfaFlows(running);
const passkeys = new PasskeyFlows(running);
const mailbox = new Mailbox(api);
const admin = await factory.admin();
const asAdmin = api.as(admin);
const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const removed = 'Your second factors were removed';

const reset = async ({ id }: { id: string }): Promise<ApiResponse> => await asAdmin.post(`/v1/users/${id}/mfa-reset`);

describe('GET /v1/users/{id}/mfa', () => {
  it('lists the active factors without their secrets, and counts the recovery codes', async () => {
    const user = await mfa.user();
    await mfa.enrol(await mfa.logIn(user));

    const { status, body, text } = await asAdmin.get(`/v1/users/${user.id}/mfa`);

    expect(status).toBe(200);
    expect(body).toEqual({
      factors: [
        {
          ...{ id: user.factorId, type: 'totp', name: 'Authenticator app' },
          ...{ createdAt: expect.any(String), lastUsedAt: expect.any(String), lockedAt: null },
        },
      ],
      recoveryCodesLeft: 10,
    });
    expect(text).not.toContain(user.secret);
  });

  it('lists passkeys too, which the user sees in the summary and in the own list', async () => {
    const user = await mfa.user();
    const tokens = await mfa.logIn(user);
    const { id } = (await passkeys.register(tokens)).body as { id: string };

    const { body } = await asAdmin.get(`/v1/users/${user.id}/mfa`);

    const { factors } = body as { factors: unknown[] };
    expect(factors[1]).toEqual({
      ...{ id, type: 'passkey', name: 'Laptop', createdAt: expect.any(String), lastUsedAt: null, lockedAt: null },
    });
    expect((await api.get('/v1/users/me', bearerOf(tokens))).body).toMatchObject({
      mfa: { methods: ['totp', 'passkey'], recoveryCodesLeft: 10 },
    });
    expect((await api.get('/v1/auth/mfa/factors', bearerOf(tokens))).body).toEqual({ data: factors });
  });

  it('returns no factors of a user without any', async () => {
    const { id } = await factory.user();

    expect((await asAdmin.get(`/v1/users/${id}/mfa`)).body).toEqual({ factors: [], recoveryCodesLeft: 0 });
  });

  it('requires a permission, and returns 404 for an unknown and for a deleted user', async () => {
    const user = await factory.user();

    expect(await api.as(user).get(`/v1/users/${user.id}/mfa`)).toBeProblem('forbidden', 403);
    for (const { id } of [{ id: unknownId }, await factory.user({ deleted: true })])
      expect(await asAdmin.get(`/v1/users/${id}/mfa`)).toBeProblem('not-found', 404);
  });
});

describe('POST /v1/users/{id}/mfa-reset', () => {
  it('deletes factors, recovery codes and challenges, revokes all sessions and notifies the user', async () => {
    const user = await mfa.user();
    const authenticator = new SoftwareAuthenticator();
    await passkeys.register(await mfa.logIn(user), authenticator);
    await mfa.allowReplay(user);
    await mfa.logIn(user);
    const mfaToken = await mfa.challenge(user);

    const response = await reset(user);

    expect(response).toMatchObject({ status: 204, text: '' });
    expect(await flows.open(user)).toBe(0);
    expect(await api.get('/v1/users/me', bearerOf(user.tokens))).toBeProblem('unauthenticated', 401);
    expect(await passkeys.logIn({ authenticator })).toBeProblem('invalid-credentials', 401);
    expect(await mfa.verify(mfaToken, user.recoveryCodes[0] ?? '', 'recovery-code')).toBeProblem('invalid-mfa', 401);
    expect((await asAdmin.get(`/v1/users/${user.id}/mfa`)).body).toEqual({ factors: [], recoveryCodesLeft: 0 });
    expect(await flows.byPassword(user)).toMatchObject({ status: 200, body: { tokenType: 'Bearer' } });
    expect((await mailbox.subjectsTo(user.email))[0]).toBe(removed);
    const [event] = await factory.auditEvents({ subjectId: user.id, event: 'authz_admin' });
    expect(event).toMatchObject({ outcome: 'success', actor_id: admin.id, reason: 'second factors reset' });
    const ended = await factory.auditEvents({ subjectId: user.id, event: 'session_ended' });
    expect(ended.filter(({ reason }) => reason === 'mfa_reset')).toHaveLength(2);
  });

  it('changes the ETag of the user, whose factors it covers', async () => {
    const user = await mfa.user();
    const { etag } = (await asAdmin.get(`/v1/users/${user.id}`)).headers;

    await reset(user);

    expect((await asAdmin.get(`/v1/users/${user.id}`)).headers['etag']).not.toBe(etag);
  });

  it('returns the same response for a user without factors, and for a repetition with the same key', async () => {
    const [user, plain] = [await mfa.user(), await factory.user()];
    const key = { 'Idempotency-Key': '01938c5e-7a80-7000-8000-3f2d6c1b9a05' };
    const send = async (): Promise<ApiResponse> => await asAdmin.post(`/v1/users/${user.id}/mfa-reset`, undefined, key);

    expect([await send(), await send(), await reset(plain)].map(({ status }) => status)).toEqual([204, 204, 204]);

    const events = await factory.auditEvents({ subjectId: user.id, event: 'authz_admin' });
    expect(events).toHaveLength(1);
    expect(await mailbox.subjectsTo(plain.email)).toEqual([]);
  });

  it('deletes a factor that is not activated yet', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    await mfa.enrol(tokens);

    await reset(user);

    const { rows } = await database.pool.query('SELECT FROM totp_factors WHERE user_id = $1', [user.id]);
    expect(rows).toEqual([]);
    expect(await flows.open(user)).toBe(0);
  });

  it('is refused for the own account, and the failure is recorded', async () => {
    const own = await mfa.user({ roles: ['user', 'admin'] });
    const tokens = await mfa.logIn(own);

    const response = await api.post(`/v1/users/${own.id}/mfa-reset`, undefined, bearerOf(tokens));

    expect(response).toBeProblem('cannot-reset-own-mfa', 409);
    expect((await asAdmin.get(`/v1/users/${own.id}/mfa`)).body).toMatchObject({ recoveryCodesLeft: 10 });
    const [event] = await factory.auditEvents({ subjectId: own.id, event: 'authz_fail' });
    expect(event).toMatchObject({ outcome: 'failure', reason: 'own second factors' });
  });

  it('requires both factors of an administrator who has a second one', async () => {
    const weak = await mfa.user({ roles: ['user', 'admin'] });
    const user = await mfa.user();

    const response = await api.post(`/v1/users/${user.id}/mfa-reset`, undefined, bearerOf(weak.tokens));

    expect(response).toBeProblem('reauthentication-required', 401);
    expect((await asAdmin.get(`/v1/users/${user.id}/mfa`)).body).toMatchObject({ recoveryCodesLeft: 10 });
  });

  it('requires a permission, and returns 404 for an unknown and for a deleted user', async () => {
    const user = await factory.user();

    expect(await api.as(user).post(`/v1/users/${user.id}/mfa-reset`)).toBeProblem('forbidden', 403);
    for (const target of [{ id: unknownId }, await factory.user({ deleted: true })])
      expect(await reset(target)).toBeProblem('not-found', 404);
  });
});
