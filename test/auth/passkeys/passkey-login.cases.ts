import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { sharedApp } from '../../harness/app/app.ts';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { LoginFlows } from '../../harness/http/login-flows.ts';
import { androidOrigin, bearerOf, codeOf, mfaEnvironment, MfaFlows } from '../../harness/http/mfa-flows.ts';
import type { PasskeyUser } from '../../harness/http/passkey-flows.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';
import type { AssertionRequest, Circumstances } from '../../harness/http/software-authenticator.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';

const running = await sharedApp(mfaEnvironment);
const { api, factory, database } = running;
const passkeys = new PasskeyFlows(running);
const mfa = new MfaFlows(running);
const flows = new LoginFlows(running);

const claimsOf = ({ body }: ApiResponse): Record<string, unknown> => decodeJwt((body as Tokens).accessToken);

async function storedCounter({ passkeyId }: PasskeyUser): Promise<unknown> {
  const { rows } = await database.pool.query<{ counter: string }>('SELECT counter FROM passkeys WHERE id = $1', [
    passkeyId,
  ]);
  return Number(rows[0]?.counter);
}

describe('POST /v1/auth/passkeys/login', () => {
  it('creates a session with two factors, without an email address', async () => {
    const user = await passkeys.user();

    const options = await passkeys.loginOptions();
    const response = await passkeys.present(user.authenticator.get(options));

    expect(options).toEqual({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      ...{ rpId: 'localhost', allowCredentials: [], userVerification: 'required', timeout: 240_000 },
    });
    expect(response).toMatchObject({ status: 200, body: { tokenType: 'Bearer' } });
    expect(claimsOf(response)).toMatchObject({ sub: user.id, amr: ['hwk', 'user', 'mfa'], acr: 'aal2' });
    const passkey = await api.get(`/v1/auth/passkeys/${user.passkeyId}`, bearerOf(response.body as Tokens));
    expect(passkey.body).toMatchObject({ lastUsedAt: expect.any(String) });
  });

  it('names a passkey that devices synchronize by its own method, and never compares its counter', async () => {
    const flags = ['userPresent', 'userVerified', 'backupEligible', 'backedUp'] as const;
    const user = await passkeys.user(new SoftwareAuthenticator({ counts: false, flags }));

    const responses = [await passkeys.logIn(user), await passkeys.logIn(user)];

    for (const response of responses) expect(claimsOf(response)).toMatchObject({ amr: ['swk', 'user', 'mfa'] });
    expect(await storedCounter(user)).toBe(0);
  });

  it('keeps the refresh token out of the body in cookie mode', async () => {
    const { authenticator } = await passkeys.user();
    const credential = authenticator.get(await passkeys.loginOptions());

    const response = await api.post('/v1/auth/passkeys/login', { credential }, { 'X-Token-Delivery': 'cookie' });

    expect(response.body).not.toHaveProperty('refreshToken');
    expect(response.body).toHaveProperty('csrfToken');
    expect(response.headers['set-cookie']).toMatch(/HttpOnly/);
  });

  it('accepts a passkey in an Android app that is configured', async () => {
    const user = await passkeys.user();

    expect((await passkeys.logIn(user, { origin: androidOrigin })).status).toBe(200);
  });

  it.each<[string, Circumstances]>([
    ['the user was not verified', { flags: ['userPresent'] }],
    ['the user was not present', { flags: ['userVerified'] }],
    ['the page has another origin', { origin: 'https://localhost:3000' }],
    ['the Android app has another certificate', { origin: androidOrigin.toLowerCase() }],
    ['the passkey is for another domain', { rpId: 'example.com' }],
    ['the response is that of a registration', { type: 'webauthn.create' }],
    ['the counter of a copied authenticator did not increase', { counter: 1 }],
    ['the counter went back to zero', { counter: 0 }],
    ['a passkey of one device can be on several', { flags: ['userPresent', 'userVerified', 'backupEligible'] }],
    ['there is no user handle', { userHandle: null }],
    ['the user handle is of another user', { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('returns the same 401 and changes nothing when %s', async (_reason, circumstances) => {
    const user = await passkeys.user();
    const unknown = await passkeys.logIn({ authenticator: new SoftwareAuthenticator() }, { userHandle: 'AAAA' });
    expect((await passkeys.logIn(user)).status).toBe(200);
    const sessions = await flows.open(user);

    const response = await passkeys.logIn(user, circumstances);

    expect(response).toBeProblem('invalid-credentials', 401);
    expect(withoutId(response)).toEqual(withoutId(unknown));
    expect(await flows.open(user)).toBe(sessions);
    expect(await storedCounter(user)).toBe(1);
  });

  it('records an invalid assertion of a known passkey', async () => {
    const user = await passkeys.user();

    await passkeys.logIn(user, { flags: ['userPresent'] });

    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_passkey_fail' })).toEqual([
      expect.objectContaining({ outcome: 'failure', reason: `assertion of passkey ${user.passkeyId} not valid` }),
    ]);
  });

  it('refuses an assertion with another signature, a replay and an expired challenge', async () => {
    const user = await passkeys.user();
    const [options, expired] = [await passkeys.loginOptions(), await passkeys.loginOptions()];
    await database.pool.query('UPDATE passkey_challenges SET expires_at = now() WHERE challenge_hash = sha256($1)', [
      Buffer.from(expired.challenge, 'base64url'),
    ]);
    const assertion = user.authenticator.get(options);
    const forged = await passkeys.present({
      ...new SoftwareAuthenticator().get(await passkeys.loginOptions(), { userHandle: user.authenticator.userHandle }),
      id: assertion.id,
      rawId: assertion.id,
    });

    expect(forged).toBeProblem('invalid-credentials', 401);
    expect((await passkeys.present(assertion)).status).toBe(200);
    expect(await passkeys.present(assertion)).toBeProblem('invalid-credentials', 401);
    expect(await passkeys.present(user.authenticator.get(expired))).toBeProblem('invalid-credentials', 401);
    expect(await passkeys.present({ ...assertion, type: 'password' })).toBeProblem('validation-failed', 422);
  });

  it('accepts one of concurrent assertions of the same challenge, and of the same counter', async () => {
    const user = await passkeys.user();
    const options = await passkeys.loginOptions();
    const assertion = user.authenticator.get(options);
    const others = await Promise.all(Array.from({ length: 4 }, async () => await passkeys.loginOptions()));

    const same = await Promise.all(Array.from({ length: 5 }, async () => await passkeys.present(assertion)));
    const copies = others.map((each) => user.authenticator.get(each, { counter: 7 }));
    const copied = await Promise.all(copies.map(async (each) => await passkeys.present(each)));

    expect(same.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(copied.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('refuses users who are disabled, deleted or not verified, as unknown ones', async () => {
    const changes = ['disabled_at = now()', 'deleted_at = now()', 'email_verified_at = NULL'];
    for (const change of changes) {
      const user = await passkeys.user();
      await database.pool.query(`UPDATE users SET ${change} WHERE id = $1`, [user.id]);

      expect(await passkeys.logIn(user)).toBeProblem('invalid-credentials', 401);
      expect(await storedCounter(user)).toBe(0);
    }
  });

  it('works while the password is locked', async () => {
    const user = await passkeys.user();
    await database.pool.query('UPDATE users SET password_locked_at = now() WHERE id = $1', [user.id]);

    expect((await passkeys.logIn(user)).status).toBe(200);
  });
});

describe('POST /v1/auth/mfa/passkey/options', () => {
  async function optionsOf(mfaToken: string): Promise<ApiResponse> {
    return await api.post('/v1/auth/mfa/passkey/options', { mfaToken });
  }
  async function verify(mfaToken: string, credential: object): Promise<ApiResponse> {
    return await api.post('/v1/auth/mfa/verify', { mfaToken, method: 'passkey', credential });
  }

  it('allows the passkeys of the account to complete a login with a password', async () => {
    const user = await passkeys.user();
    const mfaToken = await mfa.challenge(user);

    const { body } = await optionsOf(mfaToken);
    const response = await verify(mfaToken, user.authenticator.get(body as AssertionRequest));

    const id = user.authenticator.credentialId.toString('base64url');
    expect(body).toMatchObject({ allowCredentials: [{ id, type: 'public-key', transports: ['internal'] }] });
    expect(response.status).toBe(200);
    expect(claimsOf(response)).toMatchObject({ amr: ['pwd', 'hwk', 'user', 'mfa'], acr: 'aal2' });
    expect(await verify(mfaToken, user.authenticator.get(body as AssertionRequest))).toBeProblem('invalid-mfa', 401);
  });

  it('refuses the passkey of another user, and the challenge of a login', async () => {
    const user = await passkeys.user();
    const other = await passkeys.user();
    const mfaToken = await mfa.challenge(user);
    const { body } = await optionsOf(mfaToken);

    const refused = [
      await verify(mfaToken, other.authenticator.get(body as AssertionRequest)),
      await verify(mfaToken, user.authenticator.get(await passkeys.loginOptions())),
      await passkeys.present(user.authenticator.get((await optionsOf(mfaToken)).body as AssertionRequest)),
    ];

    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(refused[0]).toBeProblem('invalid-mfa', 401);
  });

  it('lists the methods that the account has', async () => {
    const app = await mfa.user();
    await passkeys.register(await mfa.logIn(app));

    const { body } = await flows.byPassword(app);

    expect(body).toMatchObject({ methods: ['totp', 'recovery-code', 'passkey'] });
  });

  it('requires an open challenge; each method has its own member', async () => {
    const user = await mfa.user();
    const mfaToken = await mfa.challenge(user);
    const body = { mfaToken, method: 'passkey', code: codeOf(user) };

    expect(await optionsOf('unknown')).toBeProblem('invalid-mfa', 401);
    expect(await api.post('/v1/auth/mfa/verify', body)).toBeProblem('validation-failed', 422);
  });
});

describe('POST /v1/auth/reauthenticate/passkey/options', () => {
  async function stepUp(tokens: Tokens, authenticator: SoftwareAuthenticator): Promise<ApiResponse> {
    const { body } = await api.post('/v1/auth/reauthenticate/passkey/options', undefined, bearerOf(tokens));
    const credential = authenticator.get(body as AssertionRequest);
    return await api.post('/v1/auth/reauthenticate', { credential }, bearerOf(tokens));
  }

  it('allows a passkey to satisfy step-up with two factors', async () => {
    const user = await passkeys.user();

    const response = await stepUp(user.tokens, user.authenticator);

    expect(response.status).toBe(200);
    expect(claimsOf(response)).toMatchObject({ amr: ['pwd', 'hwk', 'user', 'mfa'], acr: 'aal2' });
    const options = await api.post('/v1/auth/passkeys/options', undefined, bearerOf(response.body as Tokens));
    expect(options.status).toBe(201);
  });

  it('refuses the passkey of another user and leaves the session unchanged', async () => {
    const user = await passkeys.user();
    const other = await passkeys.user();

    expect(await stepUp(user.tokens, other.authenticator)).toBeProblem('invalid-mfa', 401);

    const options = await api.post('/v1/auth/passkeys/options', undefined, bearerOf(user.tokens));
    expect(options).toBeProblem('reauthentication-required', 401);
  });
});

/** The parts of a response that do not identify the request. */
function withoutId({ status, body }: ApiResponse): unknown {
  return { status, body: { ...(body as object), instance: undefined } };
}
