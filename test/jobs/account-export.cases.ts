import { describe, expect, it } from '@jest/globals';
import { jobsApp } from '../harness/app/jobs-app.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { createApiKey, withKey } from '../harness/http/api-keys.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { LoginFlows } from '../harness/http/login-flows.ts';
import { bearerOf, MfaFlows } from '../harness/http/mfa-flows.ts';

const running = await jobsApp();
const { api, factory, database } = running;
const mfa = new MfaFlows(running);
const order = { type: 'account.export', payload: {} };

type File = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Exports the account of a user and returns the file. */
async function exportOf(user: FactoryUser): Promise<{ id: string; file: File; text: string; result: unknown }> {
  const asUser = api.as(user);
  const id = await createJob(asUser, order);
  const { result } = await waitForState(asUser, id, 'succeeded');
  const { accessToken } = await api.tokensOf(user);
  const response = await fetch(`${api.baseUrl}/v1/jobs/${id}/artifact`, { headers: bearerOf({ accessToken }) });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="?account-\d{4}-\d\d-\d\d\.json/);
  const text = await response.text();
  return { id, file: JSON.parse(text) as File, text, result };
}

describe('account.export', () => {
  it('writes the profile, sessions, factors, API keys and security events of the user, without secrets', async () => {
    const user = await factory.user({ displayName: 'Ada "Zed" 🎉' });
    const { id: keyId, key } = await createApiKey(api.as(user), []);
    const tokens = await api.logIn(user);
    await api.post('/v1/auth/logout', { refreshToken: (await api.logIn(user)).refreshToken });
    const pending = await mfa.enrol(tokens);

    const { file, text, result } = await exportOf(user);

    expect(Object.keys(file).sort()).toEqual([
      'apiKeys',
      'authenticatorApps',
      'exportedAt',
      'identities',
      'passkeys',
      'profile',
      'securityEvents',
      'sessions',
    ]);
    expect(file['profile']).toMatchObject([{ id: user.id, email: user.email, displayName: 'Ada "Zed" 🎉' }]);
    expect(file['apiKeys']).toMatchObject([{ id: keyId, name: 'Test', scopes: [], revokedAt: null }]);
    expect(file['authenticatorApps']).toMatchObject([{ id: pending.factorId, activatedAt: null }]);
    expect(file['sessions']).toHaveLength(3);
    expect(file['sessions']?.filter(({ revokedReason }) => revokedReason === 'logout')).toHaveLength(1);
    expect(file['securityEvents']).toContainEqual(expect.objectContaining({ event: 'api_key_created', actor: 'self' }));
    expect(file['securityEvents']).toContainEqual(
      expect.objectContaining({ event: 'job_requested', outcome: 'success', actor: 'self' }),
    );
    for (const secret of [key, pending.secret, tokens.refreshToken, 'argon2']) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/hash|encrypted/i);
    const { exportedAt: _, ...lists } = file;
    expect(result).toEqual({ rows: Object.values(lists).flat().length, bytes: Buffer.byteLength(text) });
  });

  it('contains nothing of other users, and neither identity nor origin of an administrator', async () => {
    const [user, other, admin] = [await factory.user(), await factory.user(), await factory.admin()];
    await api.logIn(other);
    await createApiKey(api.as(other), []);
    await api.logIn(user);
    await api.as(admin).delete(`/v1/users/${user.id}/sessions`);

    const { file, text } = await exportOf(user);

    const { rows } = await database.pool.query<{ id: string }>(
      `SELECT id FROM users WHERE id <> $1 UNION ALL SELECT id FROM sessions WHERE user_id <> $1
       UNION ALL SELECT id FROM api_keys WHERE user_id <> $1
       UNION ALL SELECT id FROM audit_events WHERE subject_id IS DISTINCT FROM $1`,
      [user.id],
    );
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter(({ id }) => text.includes(id))).toEqual([]);
    const byAdmin = file['securityEvents']?.filter(({ actor }) => actor === 'other') ?? [];
    expect(byAdmin.length).toBeGreaterThan(0);
    expect(byAdmin.every(({ ip, userAgent }) => ip === null && userAgent === null)).toBe(true);
  });

  it('writes the last of 10,000 sessions', async () => {
    const user = await factory.user();
    await database.pool.query(
      `INSERT INTO sessions (id, user_id, amr, expires_at, revoked_at, created_at, user_agent)
       SELECT gen_random_uuid(), $1, '{pwd}', now(), now(), now() - n * interval '1 s', 'session ' || n
       FROM generate_series(1, 10000) AS n`,
      [user.id],
    );

    const { file } = await exportOf(user);

    expect(file['sessions']).toHaveLength(10_001);
    expect(file['sessions']?.[0]).toMatchObject({ userAgent: 'session 10000' });
    expect(file['sessions']?.[9999]).toMatchObject({ userAgent: 'session 1' });
  });

  it('requires a recent authentication', async () => {
    const user = await factory.user();
    const old = bearerOf(await new LoginFlows(running).oldSession(user));

    expect(await api.post('/v1/jobs', order, old)).toBeProblem('reauthentication-required', 401);
    expect((await api.get('/v1/jobs', old)).body).toMatchObject({ data: [] });
  });

  it('requires a recent authentication, and no API key, for a retry by its owner', async () => {
    const user = await factory.user();
    const key = withKey(await createApiKey(api.as(user), []));
    const old = bearerOf(await new LoginFlows(running).oldSession(user));
    const id = await createJob(api.as(user), { ...order, runAt: new Date(Date.now() + 3_600_000).toISOString() });
    await api.as(user).post(`/v1/jobs/${id}/cancel`);
    const retry = async (headers: Record<string, string>): Promise<ApiResponse> =>
      await api.post(`/v1/jobs/${id}/retry`, undefined, headers);

    expect(await retry(old)).toBeProblem('reauthentication-required', 401);
    expect(await retry(key)).toBeProblem('reauthentication-required', 401);
    expect((await api.as(user).get(`/v1/jobs/${id}`)).body).toMatchObject({ state: 'cancelled' });
    expect((await api.as(user).post(`/v1/jobs/${id}/retry`)).status).toBe(200);
  });

  it('is refused to an API key, which cannot download the file either', async () => {
    const user = await factory.user();
    const key = withKey(await createApiKey(api.as(user), []));
    const { id } = await exportOf(user);
    const download = async (headers: Record<string, string>): Promise<ApiResponse> =>
      await api.get(`/v1/jobs/${id}/artifact`, headers);

    expect(await api.post('/v1/jobs', order, key)).toBeProblem('reauthentication-required', 401);
    expect(await download(key)).toBeProblem('forbidden', 403);
    expect(await download(bearerOf(await api.logIn(await factory.user())))).toBeProblem('not-found', 404);
  });

  it('rejects a payload with members', async () => {
    const response = await api.as(await factory.user()).post('/v1/jobs', { ...order, payload: { userId: 'x' } });

    expect(response).toBeProblem('validation-failed', 422);
  });
});
