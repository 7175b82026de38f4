import { describe, expect, it } from '@jest/globals';
import { limitsApp } from '../../harness/app/limits-app.ts';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import type { MfaUser } from '../../harness/http/mfa-flows.ts';
import { bearerOf, codeOf, MfaFlows, wrongCodeOf } from '../../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const running = await limitsApp();
const { api, factory } = running;
const mfa = new MfaFlows(running);
const passkeys = new PasskeyFlows(running);
const mailbox = new Mailbox(api);
const locked = 'Your authenticator apps were locked';

const logIn = async (user: MfaUser, code: string, method?: string): Promise<ApiResponse> =>
  await mfa.verify(await mfa.challenge(user), code, method);
const factorsOf = async (tokens: Tokens): Promise<unknown> =>
  (await api.get('/v1/auth/mfa/factors', bearerOf(tokens))).body;
const locks = async (user: MfaUser): Promise<unknown[]> =>
  await factory.auditEvents({ subjectId: user.id, event: 'authn_mfa_lock' });

/** A user whose authenticator app is locked after three invalid codes. */
async function lockedUser(): Promise<MfaUser> {
  const user = await mfa.user();
  for (let guess = 0; guess < 3; guess += 1) await logIn(user, wrongCodeOf(user));
  return user;
}

describe('An authenticator app', () => {
  it('is locked after invalid codes in a row, and its owner is notified once', async () => {
    const user = await lockedUser();

    const response = await logIn(user, codeOf(user));

    expect(response).toBeProblem('invalid-mfa', 401);
    expect(await factorsOf(user.tokens)).toMatchObject({ data: [{ lockedAt: expect.any(String) }] });
    expect((await mailbox.subjectsTo(user.email)).filter((subject) => subject === locked)).toHaveLength(1);
    expect(await locks(user)).toMatchObject([{ outcome: 'failure', reason: 'too many invalid codes in a row' }]);
    expect(await api.post('/v1/auth/reauthenticate', { code: codeOf(user) }, bearerOf(user.tokens))).toBeProblem(
      'invalid-mfa',
      401,
    );
  });

  it('is not locked by invalid codes with a valid one in between', async () => {
    const user = await mfa.user();
    for (const code of [wrongCodeOf(user), wrongCodeOf(user), codeOf(user), wrongCodeOf(user), wrongCodeOf(user)])
      await logIn(user, code);
    await mfa.allowReplay(user);

    expect((await logIn(user, codeOf(user))).status).toBe(200);
    expect(await locks(user)).toEqual([]);
  });

  it('is locked by invalid codes of the step-up too, also concurrent ones', async () => {
    const user = await mfa.user();

    await Promise.all(
      Array.from({ length: 5 }, async () => {
        await api.post('/v1/auth/reauthenticate', { code: wrongCodeOf(user) }, bearerOf(user.tokens));
      }),
    );

    expect(await logIn(user, codeOf(user))).toBeProblem('invalid-mfa', 401);
    expect(await locks(user)).toHaveLength(1);
  });

  it('is unlocked by a recovery code', async () => {
    const user = await lockedUser();

    const recovered = await logIn(user, user.recoveryCodes[0] ?? '', 'recovery-code');

    expect(recovered.status).toBe(200);
    expect(await factorsOf(recovered.body as Tokens)).toMatchObject({ data: [{ lockedAt: null }] });
    expect((await logIn(user, codeOf(user))).status).toBe(200);
    for (let guess = 0; guess < 2; guess += 1) await logIn(user, wrongCodeOf(user));
    expect(await locks(user)).toHaveLength(1);
  });

  it('is unlocked by a passkey', async () => {
    const user = await lockedUser();
    const authenticator = new SoftwareAuthenticator();
    const code = user.recoveryCodes[0] ?? '';
    const recovered = (await logIn(user, code, 'recovery-code')).body as Tokens;
    await passkeys.register(recovered, authenticator);
    for (let guess = 0; guess < 3; guess += 1) await logIn(user, wrongCodeOf(user));
    const locked = await factorsOf(recovered);

    const byPasskey = await passkeys.logIn({ authenticator });

    const passkey = { type: 'passkey', lockedAt: null };
    expect(locked).toMatchObject({ data: [{ type: 'totp', lockedAt: expect.any(String) }, passkey] });
    expect(await factorsOf(byPasskey.body as Tokens)).toMatchObject({
      data: [{ type: 'totp', lockedAt: null }, passkey],
    });
    expect((await logIn(user, codeOf(user))).status).toBe(200);
  });

  it('is deleted by a reset, after which the user can add another one', async () => {
    const user = await lockedUser();
    const admin = await mfa.user({ roles: ['user', 'admin'] });
    const asAdmin = bearerOf(await mfa.logIn(admin));
    const listed = await api.get(`/v1/users/${user.id}/mfa`, asAdmin);

    await api.post(`/v1/users/${user.id}/mfa-reset`, undefined, asAdmin);

    const tokens = await api.logIn(user);
    const app = await mfa.enrol(tokens);
    await mfa.activate(tokens, app.factorId, codeOf(app));
    const other = { ...user, ...app, tokens };
    await mfa.allowReplay(other);
    expect(listed.body).toMatchObject({ factors: [{ lockedAt: expect.any(String) }] });
    await logIn(other, wrongCodeOf(app));
    expect((await logIn(other, codeOf(app))).status).toBe(200);
  });
});
