import { describe, expect, it } from '@jest/globals';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { LoginFlows } from '../../harness/http/login-flows.ts';
import type { MfaUser } from '../../harness/http/mfa-flows.ts';
import { bearerOf, codeOf, mfaEnvironment, MfaFlows, wrongCodeOf } from '../../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const running = await sharedApp(mfaEnvironment);
const { api, factory, database } = running;
const flows = new LoginFlows(running);
const mfa = new MfaFlows(running);
const passkeys = new PasskeyFlows(running);
const mailbox = new Mailbox(api);
const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const added = 'An authenticator app was added';

const factorsOf = async (tokens: Tokens): Promise<unknown> =>
  ((await api.get('/v1/auth/mfa/factors', bearerOf(tokens))).body as { data: unknown }).data;
const remove = async (tokens: Tokens, id: string): Promise<ApiResponse> =>
  await api.delete(`/v1/auth/mfa/totp/${id}`, bearerOf(tokens));

describe('POST /v1/auth/mfa/totp', () => {
  it('returns a secret as text, URI and QR code, which logins do not require yet', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);

    const response = await api.post('/v1/auth/mfa/totp', { name: 'Phone' }, bearerOf(tokens));

    const { secret, otpauthUri, qrCodeSvg, factorId } = response.body as Record<string, string>;
    expect(response.status).toBe(201);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(new URL(otpauthUri ?? '').searchParams.get('secret')).toBe(secret);
    expect(qrCodeSvg).toMatch(/^<svg [^]*<\/svg>\s*$/);
    expect(await factorsOf(tokens)).toEqual([]);
    expect(await flows.byPassword(user)).toMatchObject({ status: 200, body: { tokenType: 'Bearer' } });
    const { rows } = await database.pool.query('SELECT encrypted_secret::text AS s FROM totp_factors WHERE id = $1', [
      factorId,
    ]);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(secret ?? '').toString('hex'));
  });

  it('refuses more than ten, and counts expired ones no more', async () => {
    const tokens = await api.logIn(await factory.user());
    for (let at = 0; at < 10; at += 1) await mfa.enrol(tokens);

    expect(await api.post('/v1/auth/mfa/totp', {}, bearerOf(tokens))).toBeProblem('too-many-factors', 409);

    await database.pool.query(`UPDATE totp_factors SET created_at = now() - interval '11 min'`);
    expect(await mfa.enrol(tokens)).toHaveProperty('factorId');
  });
});

describe('POST /v1/auth/mfa/totp/{id}/activate', () => {
  it('returns ten recovery codes, revokes the other sessions and notifies the account owner', async () => {
    const user = await factory.user();
    await api.logIn(user);
    const tokens = await api.logIn(user);
    const app = await mfa.enrol(tokens);

    const response = await mfa.activate(tokens, app.factorId, codeOf(app));

    const { recoveryCodes } = response.body as { recoveryCodes: string[] };
    expect(response.status).toBe(200);
    expect(new Set(recoveryCodes).size).toBe(10);
    for (const code of recoveryCodes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{24}$/);
    expect(await factorsOf(tokens)).toEqual([
      {
        ...{ id: app.factorId, type: 'totp', name: 'Authenticator app' },
        ...{ createdAt: expect.any(String), lastUsedAt: expect.any(String), lockedAt: null },
      },
    ]);
    expect(await flows.open(user)).toBe(1);
    expect(await mailbox.subjectsTo(user.email)).toEqual([added]);
    const [event] = await factory.auditEvents({ subjectId: user.id, event: 'mfa_factor_activated' });
    expect(event).toMatchObject({ outcome: 'success', actor_id: user.id, reason: `totp ${app.factorId}` });
    const { rows } = await database.pool.query('SELECT code_hash FROM recovery_codes WHERE user_id = $1', [user.id]);
    expect(rows).toHaveLength(10);
  });

  it('refuses a wrong code and changes nothing', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const app = await mfa.enrol(tokens);

    const response = await mfa.activate(tokens, app.factorId, wrongCodeOf(app));

    expect(response).toBeProblem('invalid-activation-code', 422);
    expect(await factorsOf(tokens)).toEqual([]);
    expect(await mailbox.subjectsTo(user.email)).toEqual([]);
    expect((await mfa.activate(tokens, app.factorId, codeOf(app))).status).toBe(200);
  });

  it('returns 404 for an app that is unknown, expired, active or of another user', async () => {
    const tokens = await api.logIn(await factory.user());
    const other = await api.logIn(await factory.user());
    const app = await mfa.enrol(tokens);
    const expired = await mfa.enrol(tokens);
    await database.pool.query(`UPDATE totp_factors SET created_at = now() - interval '11 min' WHERE id = $1`, [
      expired.factorId,
    ]);

    expect(await mfa.activate(tokens, unknownId, codeOf(app))).toBeProblem('not-found', 404);
    expect(await mfa.activate(tokens, expired.factorId, codeOf(expired))).toBeProblem('not-found', 404);
    expect(await mfa.activate(other, app.factorId, codeOf(app))).toBeProblem('not-found', 404);
    expect((await mfa.activate(tokens, app.factorId, codeOf(app))).status).toBe(200);
    expect(await mfa.activate(tokens, app.factorId, codeOf(app, 1))).toBeProblem('reauthentication-required', 401);
  });

  it('succeeds once for concurrent requests with the same code', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const app = await mfa.enrol(tokens);

    const responses = await Promise.all(
      Array.from({ length: 5 }, async () => await mfa.activate(tokens, app.factorId, codeOf(app))),
    );

    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await mailbox.subjectsTo(user.email)).toEqual([added]);
  });

  it('lets one of two sessions that activate at once continue', async () => {
    const user = await factory.user();
    const sessions = [await api.logIn(user), await api.logIn(user)];
    const apps = await Promise.all(sessions.map(async (each) => await mfa.enrol(each)));

    const responses = await Promise.all(
      sessions.map(async (each, at) => {
        const app = apps[at] ?? { factorId: '', secret: '' };
        return await mfa.activate(each, app.factorId, codeOf(app));
      }),
    );

    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await flows.open(user)).toBe(1);
    const { rows } = await database.pool.query('SELECT FROM recovery_codes WHERE user_id = $1', [user.id]);
    expect(rows).toHaveLength(10);
  });
});

describe('DELETE /v1/auth/mfa/totp/{id}', () => {
  it('requires a session with two factors; then logins require no second factor', async () => {
    const user = await mfa.user();

    const refused = await remove(user.tokens, user.factorId);
    const byPassword = await api.post('/v1/auth/reauthenticate', { password: user.password }, bearerOf(user.tokens));
    const refusedAgain = await remove(byPassword.body as Tokens, user.factorId);
    const byCode = await api.post('/v1/auth/reauthenticate', { code: codeOf(user) }, bearerOf(user.tokens));
    const removed = await remove(byCode.body as Tokens, user.factorId);

    expect(refused).toBeProblem('reauthentication-required', 401);
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="600"',
    );
    expect(refusedAgain).toBeProblem('reauthentication-required', 401);
    expect(removed.status).toBe(204);
    expect(await flows.byPassword(user)).toMatchObject({ body: { tokenType: 'Bearer' } });
    const { rows } = await database.pool.query('SELECT FROM recovery_codes WHERE user_id = $1', [user.id]);
    expect(rows).toEqual([]);
    expect(await mailbox.subjectsTo(user.email)).toEqual(['An authenticator app was deleted', added]);
    expect(await remove(byCode.body as Tokens, user.factorId)).toBeProblem('not-found', 404);
  });

  it('keeps the second factor while another app is active', async () => {
    const user = await mfa.user();
    const tokens = await mfa.logIn(user);
    const second = await mfa.enrol(tokens);
    await mfa.activate(tokens, second.factorId, codeOf(second));

    await remove(tokens, user.factorId);

    const mfaToken = await mfa.challenge(user);
    expect(await mfa.verify(mfaToken, codeOf(user, 1))).toBeProblem('invalid-mfa', 401);
    expect((await mfa.verify(mfaToken, codeOf(second, 1))).status).toBe(200);
  });

  it('returns 404 for the app of another user, and deletes a pending one', async () => {
    const user = await mfa.user();
    const tokens = await api.logIn(await factory.user());
    const pending = await mfa.enrol(tokens);

    expect(await remove(tokens, user.factorId)).toBeProblem('not-found', 404);
    expect((await remove(tokens, pending.factorId)).status).toBe(204);
    expect(await mfa.challenge(user)).toEqual(expect.any(String));
  });
});

describe('POST /v1/auth/mfa/recovery-codes', () => {
  it('replaces the recovery codes', async () => {
    const user = await mfa.user();
    const tokens = await mfa.logIn(user);

    const { status, body } = await api.post('/v1/auth/mfa/recovery-codes', undefined, bearerOf(tokens));

    const [fresh = ''] = (body as { recoveryCodes: string[] }).recoveryCodes;
    const mfaToken = await mfa.challenge(user);
    expect(status).toBe(200);
    expect(await mfa.verify(mfaToken, user.recoveryCodes[0] ?? '', 'recovery-code')).toBeProblem('invalid-mfa', 401);
    expect((await mfa.verify(mfaToken, fresh, 'recovery-code')).status).toBe(200);
  });

  it('requires an active second factor', async () => {
    const tokens = await api.logIn(await factory.user());

    const response = await api.post('/v1/auth/mfa/recovery-codes', undefined, bearerOf(tokens));

    expect(response).toBeProblem('mfa-not-enabled', 409);
  });
});

describe('A change of second factors', () => {
  type Change = (
    user: MfaUser & { readonly pending: { readonly factorId: string; readonly secret: string } },
    headers: Record<string, string>,
  ) => Promise<ApiResponse>;
  const changes: Readonly<Record<string, Change>> = {
    'POST /v1/auth/mfa/totp/{id}/activate': async ({ pending }, headers) =>
      await api.post(`/v1/auth/mfa/totp/${pending.factorId}/activate`, { code: codeOf(pending) }, headers),
    'DELETE /v1/auth/mfa/totp/{id}': async ({ factorId }, headers) =>
      await api.delete(`/v1/auth/mfa/totp/${factorId}`, headers),
    'POST /v1/auth/mfa/recovery-codes': async (_user, headers) =>
      await api.post('/v1/auth/mfa/recovery-codes', undefined, headers),
    'DELETE /v1/auth/passkeys/{id}': async ({ id }, headers) => {
      const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM passkeys WHERE user_id = $1', [id]);
      return await api.delete(`/v1/auth/passkeys/${rows[0]?.id ?? ''}`, headers);
    },
  };

  it.each(Object.entries(changes))('is not made by a session that ends during the request: %s', async (_name, send) => {
    const user = await mfa.user();
    const tokens = await mfa.logIn(user);
    await passkeys.register(tokens);
    const pending = await mfa.enrol(tokens);
    const me = await api.get('/v1/users/me', bearerOf(tokens));
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [user.id]);

    const response = send({ ...user, pending }, bearerOf(tokens));
    await waitUntil('the request waits for the user', async () => {
      const { rows } = await database.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    await client.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [user.id]);
    await client.query('COMMIT');
    client.release();

    expect(await response).toBeProblem('unauthenticated', 401);
    const after = await api.get('/v1/users/me', bearerOf(await mfa.logIn(user)));
    expect(after.body).toEqual(me.body);
    const kept = await mfa.verify(await mfa.challenge(user), user.recoveryCodes[0] ?? '', 'recovery-code');
    expect(kept.status).toBe(200);
  });
});
