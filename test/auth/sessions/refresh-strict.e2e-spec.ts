import { describe, expect, it } from '@jest/globals';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { startApp } from '../../harness/app/app.ts';
import { bearerOf, MfaFlows } from '../../harness/http/mfa-flows.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';

const running = await startApp({
  // Browsers have no passkeys for an IP address.
  PUBLIC_URL: 'http://192.0.2.7:3000',
  AUTH_REFRESH_TOKEN_REUSE_INTERVAL_SECONDS: '0',
  AUTH_SESSION_ABSOLUTE_TIMEOUT_SECONDS: '120',
});
const { api, factory, database } = running;

const refresh = async (refreshToken: string): Promise<ApiResponse> =>
  await api.post('/v1/auth/refresh', { refreshToken });
const expiresIn = (tokens: unknown): number => (tokens as { refreshExpiresIn: number }).refreshExpiresIn;

describe('POST /v1/auth/refresh with a reuse interval of 0', () => {
  it('revokes the session when a token is reused at once', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.logIn(user);
    const { refreshToken: child, accessToken } = (await refresh(refreshToken)).body as Tokens;

    expect(await refresh(refreshToken)).toBeProblem('invalid-refresh-token', 401);

    expect(await refresh(child)).toBeProblem('invalid-refresh-token', 401);
    const me = await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` });
    expect(me).toBeProblem('unauthenticated', 401);
    const { rows } = await database.pool.query('SELECT revoked_reason FROM sessions WHERE user_id = $1', [user.id]);
    expect(rows).toEqual([{ revoked_reason: 'token_reuse' }]);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_token_reuse' })).toHaveLength(1);
  });

  it('accepts one of two concurrent calls and revokes the session', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.logIn(user);

    const responses = await Promise.all([refresh(refreshToken), refresh(refreshToken)]);

    expect(responses.map(({ status }) => status).sort()).toEqual([200, 401]);
    const winner = responses.find(({ status }) => status === 200)?.body as Tokens;
    expect(await refresh(winner.refreshToken)).toBeProblem('invalid-refresh-token', 401);
  });

  it('returns no lifetime beyond the absolute timeout of the session', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    expect(expiresIn(tokens)).toBeGreaterThan(100);
    expect(expiresIn(tokens)).toBeLessThanOrEqual(120);

    await database.pool.query(`UPDATE sessions SET expires_at = now() + interval '60 s' WHERE user_id = $1`, [user.id]);
    const response = await refresh(tokens.refreshToken);

    expect(response.status).toBe(200);
    expect(expiresIn(response.body)).toBeGreaterThan(40);
    expect(expiresIn(response.body)).toBeLessThanOrEqual(60);
    const { rows } = await database.pool.query(
      `SELECT bool_and(t.expires_at <= s.expires_at) AS within FROM refresh_tokens t
       JOIN sessions s ON s.id = t.session_id WHERE s.user_id = $1 AND t.used_at IS NULL`,
      [user.id],
    );
    expect(rows).toEqual([{ within: true }]);
  });
});

describe('A service that is reached by an IP address', () => {
  it('has no options of passkeys, and refuses every passkey as an invalid one', async () => {
    const user = await factory.user();
    const headers = bearerOf(await api.logIn(user));
    const unknown = { challenge: 'AAAA', rp: { id: 'localhost' }, rpId: 'localhost', user: { id: 'AAAA' } };
    const authenticator = new SoftwareAuthenticator();
    const credential = authenticator.create(unknown);

    expect(await api.post('/v1/auth/passkeys/options', undefined, headers)).toBeProblem('not-found', 404);
    expect(await api.post('/v1/auth/passkeys/login/options')).toBeProblem('not-found', 404);
    expect(await api.post('/v1/auth/reauthenticate/passkey/options', undefined, headers)).toBeProblem('not-found', 404);
    const refused = await api.post('/v1/auth/passkeys', { name: 'Laptop', credential }, headers);
    expect(refused).toBeProblem('invalid-passkey', 422);
    const login = { credential: authenticator.get(unknown) };
    expect(await api.post('/v1/auth/passkeys/login', login)).toBeProblem('invalid-credentials', 401);
    await database.pool.query('UPDATE users SET mfa_enabled = true WHERE id = $1', [user.id]);
    const mfaToken = await new MfaFlows(running).challenge(user);
    expect(await api.post('/v1/auth/mfa/passkey/options', { mfaToken })).toBeProblem('not-found', 404);
  });
});
