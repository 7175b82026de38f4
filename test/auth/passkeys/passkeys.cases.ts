import { describe, expect, it } from '@jest/globals';
import { sharedApp } from '../../harness/app/app.ts';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { LoginFlows } from '../../harness/http/login-flows.ts';
import { bearerOf, codeOf, mfaEnvironment, MfaFlows } from '../../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';
import type { Circumstances } from '../../harness/http/software-authenticator.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const running = await sharedApp(mfaEnvironment);
const { api, factory, database } = running;
const passkeys = new PasskeyFlows(running);
const mfa = new MfaFlows(running);
const flows = new LoginFlows(running);
const mailbox = new Mailbox(api);
const selfAttestation = new Map<string, number | Uint8Array>([
  ['alg', -7],
  ['sig', new Uint8Array(70)],
]);
const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';

const listOf = async (tokens: Tokens): Promise<unknown> =>
  ((await api.get('/v1/auth/passkeys', bearerOf(tokens))).body as { data: unknown }).data;
const remove = async (tokens: Tokens, id: string): Promise<ApiResponse> =>
  await api.delete(`/v1/auth/passkeys/${id}`, bearerOf(tokens));
const tokensOf = ({ body }: ApiResponse): Tokens => body as Tokens;

async function codesOf({ id }: { readonly id: string }): Promise<number> {
  const { rows } = await database.pool.query('SELECT FROM recovery_codes WHERE user_id = $1', [id]);
  return rows.length;
}

describe('POST /v1/auth/passkeys/options', () => {
  it('requires a resident key, user verification and one of three algorithms', async () => {
    const tokens = await api.logIn(await factory.user({ displayName: 'Ada Lovelace' }));

    const { status, body } = await api.post('/v1/auth/passkeys/options', undefined, bearerOf(tokens));

    expect(status).toBe(201);
    expect(body).toEqual({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      rp: { id: 'localhost', name: 'Plinth' },
      user: { id: expect.stringMatching(/^[\w-]{86}$/), name: expect.any(String), displayName: 'Ada Lovelace' },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: [],
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      attestation: 'none',
      timeout: 240_000,
    });
  });

  it('has one random user handle for each user, and excludes the passkeys that exist', async () => {
    const user = await passkeys.user();
    const other = await passkeys.user();
    const tokens = tokensOf(await passkeys.logIn(user));

    const { body } = await api.post('/v1/auth/passkeys/options', undefined, bearerOf(tokens));

    const id = user.authenticator.credentialId.toString('base64url');
    expect(body).toMatchObject({
      user: { id: user.authenticator.userHandle },
      excludeCredentials: [{ id, type: 'public-key', transports: ['internal'] }],
    });
    expect(other.authenticator.userHandle).not.toBe(user.authenticator.userHandle);
  });

  it('requires a session with two factors once there is a passkey', async () => {
    const { tokens } = await passkeys.user();

    const response = await api.post('/v1/auth/passkeys/options', undefined, bearerOf(tokens));

    expect(response).toBeProblem('reauthentication-required', 401);
  });
});

describe('POST /v1/auth/passkeys', () => {
  it('returns recovery codes with the first factor, revokes the other sessions and notifies the owner', async () => {
    const user = await factory.user();
    await api.logIn(user);
    const tokens = await api.logIn(user);

    const { status, body } = await passkeys.register(tokens);

    const { recoveryCodes, ...passkey } = body as { id: string; recoveryCodes: string[] };
    const times = { createdAt: expect.any(String), lastUsedAt: null };
    expect(status).toBe(201);
    expect(passkey).toEqual({ id: expect.any(String), name: 'Laptop', ...times, backedUp: false });
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(await listOf(tokens)).toEqual([passkey]);
    expect(await flows.open(user)).toBe(1);
    expect((await flows.byPassword(user)).body).toMatchObject({
      ...{ status: 'mfa_required', methods: ['recovery-code', 'passkey'] },
    });
    expect(await mailbox.subjectsTo(user.email)).toEqual(['A passkey was added']);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'mfa_factor_activated' })).toEqual([
      expect.objectContaining({ outcome: 'success', actor_id: user.id, reason: `passkey ${passkey.id}` }),
    ]);
  });

  it('keeps the recovery codes of an earlier factor', async () => {
    const user = await mfa.user();

    const { status, body } = await passkeys.register(await mfa.logIn(user));

    expect(status).toBe(201);
    expect(body).not.toHaveProperty('recoveryCodes');
    const mfaToken = await mfa.challenge(user);
    expect((await mfa.verify(mfaToken, user.recoveryCodes[0] ?? '', 'recovery-code')).status).toBe(200);
  });

  it.each<[string, Circumstances]>([
    ['the user was not verified', { flags: ['userPresent'] }],
    ['the page has another origin', { origin: 'http://localhost:3001' }],
    ['the page has an origin that begins like the right one', { origin: 'http://localhost:3000.example.com' }],
    ['the passkey is for another domain', { rpId: 'example.com' }],
    ['the response is that of a login', { type: 'webauthn.get' }],
    ['the attestation has certificates', { packed: new Map([['x5c', [new Uint8Array(8)]]]) }],
    ['the attestation is not signed by the passkey', { packed: selfAttestation }],
  ])('refuses a response and changes nothing when %s', async (_reason, circumstances) => {
    const user = await factory.user();
    await api.logIn(user);
    const tokens = await api.logIn(user);

    const response = await passkeys.register(tokens, new SoftwareAuthenticator(), circumstances);

    expect(response).toBeProblem('invalid-passkey', 422);
    expect(await listOf(tokens)).toEqual([]);
    expect(await flows.open(user)).toBe(2);
    expect(await codesOf(user)).toBe(0);
    expect(await mailbox.subjectsTo(user.email)).toEqual([]);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_mfa_fail' })).toHaveLength(1);
  });

  it.each([1024, 4000])('refuses a credential id of %i bytes, which no browser could use', async (idBytes) => {
    const tokens = await api.logIn(await factory.user());
    const created = new SoftwareAuthenticator({ idBytes }).create(await passkeys.creationOptions(tokens));
    const credential = { ...created, id: 'AAAA', rawId: 'AAAA' };

    const response = await api.post('/v1/auth/passkeys', { name: 'Laptop', credential }, bearerOf(tokens));

    expect(response).toBeProblem('invalid-passkey', 422);
    expect(await listOf(tokens)).toEqual([]);
  });

  it('accepts a challenge once, within five minutes, from its user, for its purpose', async () => {
    const tokens = await api.logIn(await factory.user());
    const other = await api.logIn(await factory.user());
    const register = async (by: Tokens, credential: object): Promise<ApiResponse> =>
      await api.post('/v1/auth/passkeys', { name: 'Laptop', credential }, bearerOf(by));
    const options = await passkeys.creationOptions(tokens);
    const expired = await passkeys.creationOptions(tokens);
    await database.pool.query(`UPDATE passkey_challenges SET expires_at = now() WHERE challenge_hash = sha256($1)`, [
      Buffer.from(expired.challenge, 'base64url'),
    ]);
    const { challenge: ofLogin } = await passkeys.loginOptions();
    const authenticator = new SoftwareAuthenticator();

    const refused = [
      await register(other, authenticator.create(options)),
      await register(tokens, authenticator.create(expired)),
      await register(tokens, authenticator.create({ ...options, challenge: ofLogin })),
      await register(tokens, { ...authenticator.create(options), id: 'AAAA' }),
      await register(tokens, authenticator.create(options)),
    ];

    for (const response of refused) expect(response).toBeProblem('invalid-passkey', 422);
    expect(await listOf(tokens)).toEqual([]);
    expect(await listOf(other)).toEqual([]);
  });

  it('refuses a passkey that is registered already, also by another user', async () => {
    const { authenticator } = await passkeys.user();
    const user = await factory.user();
    const tokens = await api.logIn(user);

    expect(await passkeys.register(tokens, authenticator)).toBeProblem('invalid-passkey', 422);
    expect(await listOf(tokens)).toEqual([]);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_mfa_fail' })).toEqual([
      expect.objectContaining({ outcome: 'failure', reason: 'passkey registered already' }),
    ]);
  });

  it('refuses more than twenty', async () => {
    const user = await passkeys.user();
    await database.pool.query(
      `INSERT INTO passkeys (id, user_id, name, credential_id, public_key, counter, transports, backup_eligible, backed_up)
       SELECT gen_random_uuid(), $1, 'Key', sha256(gen_random_uuid()::text::bytea), '\\x00', 0, '{}', false, false
       FROM generate_series(1, 19)`,
      [user.id],
    );

    const response = await passkeys.register(tokensOf(await passkeys.logIn(user)));

    expect(response).toBeProblem('too-many-passkeys', 409);
  });

  it('registers one passkey for concurrent requests with the same challenge', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const options = await passkeys.creationOptions(tokens);

    const responses = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const credential = new SoftwareAuthenticator().create(options);
        return await api.post('/v1/auth/passkeys', { name: 'Laptop', credential }, bearerOf(tokens));
      }),
    );

    expect(responses.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await listOf(tokens)).toHaveLength(1);
    expect(await codesOf(user)).toBe(10);
  });
});

describe('/v1/auth/passkeys/{id}', () => {
  it('GET returns a passkey, PATCH renames it, both for its owner alone', async () => {
    const user = await passkeys.user();
    const path = `/v1/auth/passkeys/${user.passkeyId}`;
    const other = bearerOf(await api.logIn(await factory.user()));

    const renamed = await api.patch(path, { name: 'Phone' }, bearerOf(user.tokens));

    expect(renamed).toMatchObject({ status: 200, body: { id: user.passkeyId, name: 'Phone' } });
    expect((await api.get(path, bearerOf(user.tokens))).body).toEqual(renamed.body);
    expect(await api.get(path, other)).toBeProblem('not-found', 404);
    expect(await api.patch(path, { name: 'Mine' }, other)).toBeProblem('not-found', 404);
    expect(await api.patch(path, { name: '' }, bearerOf(user.tokens))).toBeProblem('validation-failed', 422);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'mfa_factor_renamed' })).toHaveLength(1);
  });

  it('DELETE requires two factors; with the last passkey logins require no second factor', async () => {
    const user = await passkeys.user();
    const refused = await remove(user.tokens, user.passkeyId);
    const tokens = tokensOf(await passkeys.logIn(user));

    const removed = await remove(tokens, user.passkeyId);

    expect(refused).toBeProblem('reauthentication-required', 401);
    expect(removed.status).toBe(204);
    expect(await codesOf(user)).toBe(0);
    expect(await flows.byPassword(user)).toMatchObject({ body: { tokenType: 'Bearer' } });
    expect(await passkeys.logIn(user)).toBeProblem('invalid-credentials', 401);
    expect(await mailbox.subjectsTo(user.email)).toEqual(['A passkey was deleted', 'A passkey was added']);
    expect(await remove(tokens, user.passkeyId)).toBeProblem('not-found', 404);
  });

  it('DELETE keeps the second factor while an authenticator app is active', async () => {
    const user = await mfa.user();
    const tokens = await mfa.logIn(user);
    const { id } = (await passkeys.register(tokens)).body as { id: string };

    expect((await remove(tokens, id)).status).toBe(204);

    await mfa.allowReplay(user);
    expect((await mfa.verify(await mfa.challenge(user), codeOf(user))).status).toBe(200);
    expect(await codesOf(user)).toBe(10);
  });

  it('DELETE refuses the last login method of an account, and changes nothing', async () => {
    const user = await passkeys.user();
    await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [user.id]);
    const tokens = tokensOf(await passkeys.logIn(user));

    expect(await remove(tokens, user.passkeyId)).toBeProblem('last-login-method', 409);

    expect(await listOf(tokens)).toHaveLength(1);
    expect(await codesOf(user)).toBe(10);
    const second = (await passkeys.register(tokens)).body as { id: string };
    expect((await remove(tokens, user.passkeyId)).status).toBe(204);
    expect(await remove(tokens, second.id)).toBeProblem('last-login-method', 409);
  });

  it('DELETE of both passkeys at once leaves one as the last login method', async () => {
    const user = await passkeys.user();
    await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [user.id]);
    const tokens = tokensOf(await passkeys.logIn(user));
    const second = (await passkeys.register(tokens)).body as { id: string };

    const responses = await Promise.all([user.passkeyId, second.id].map(async (id) => await remove(tokens, id)));

    expect(responses.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await remove(tokens, unknownId)).toBeProblem('not-found', 404);
  });
});
