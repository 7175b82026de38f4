import { describe, expect, it } from '@jest/globals';
import { limitsApp } from '../../harness/app/limits-app.ts';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { EventReader } from '../../harness/http/event-reader.ts';
import { createApiKey, withKey } from '../../harness/http/api-keys.ts';
import { createJob } from '../../harness/http/job-calls.ts';
import { bearerOf, codeOf, MfaFlows } from '../../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';
import { SoftwareAuthenticator } from '../../harness/http/software-authenticator.ts';
import type { PlacedOperation } from '../../harness/openapi/api-document.ts';
import { operationsWhere, sendExample } from '../../harness/openapi/example-requests.ts';

const running = await limitsApp();
const { api, factory, database, invalidationsDelivered } = running;
const mfa = new MfaFlows(running);
const passkeys = new PasskeyFlows(running);

/** What an administrator without a second factor can do, besides what needs no authentication. */
const allowed = [
  'activateTotpFactor',
  'createPasskey',
  'createPasskeyOptions',
  'createTotpFactor',
  'deleteTotpFactor',
  'getMe',
  'listMfaFactors',
  'listPasskeys',
  'logoutAll',
  'reauthenticate',
  'reauthenticateWithProvider',
  'startProviderReauthentication',
];

const needsCredentials = ({ security }: PlacedOperation): boolean =>
  security.length > 0 && security.every((scheme) => Object.keys(scheme).length > 0);
const isRefused = (operation: PlacedOperation): boolean =>
  needsCredentials(operation) && !allowed.includes(operation.operationId);
const acceptsKeys = ({ security }: PlacedOperation): boolean => security.some((scheme) => 'api-key' in scheme);

/** An administrator whose authenticator app was deleted by SQL, with an API key from before. */
const admin = await mfa.user({ roles: ['user', 'admin'] });
const strong = await mfa.logIn(admin);
const { key } = (await api.post('/v1/auth/api-keys', { name: 'Test', scopes: ['users:read'] }, bearerOf(strong)))
  .body as { key: string };
await database.pool.query('DELETE FROM totp_factors WHERE user_id = $1', [admin.id]);
await database.pool.query('UPDATE users SET mfa_enabled = false WHERE id = $1', [admin.id]);
await invalidationsDelivered();
const token = strong.accessToken;

describe('An administrator without the second factor that the role requires', () => {
  it.each(operationsWhere(isRefused))('is refused: %s', async (_name, operation) => {
    const response = await sendExample(operation, { baseUrl: api.baseUrl, token });

    expect(response).toBeProblem('mfa-enrolment-required', 403);
  });

  it.each(operationsWhere(acceptsKeys))('is refused with an API key: %s', async (_name, operation) => {
    const response = await sendExample(operation, { baseUrl: api.baseUrl, token: undefined, apiKey: key });

    expect(response).toBeProblem('mfa-enrolment-required', 403);
  });

  it('is refused as a change that is recorded, and changes nothing', async () => {
    const user = await factory.user();

    const response = await api.post(`/v1/users/${user.id}/disable`, undefined, bearerOf(strong));

    expect(response).toBeProblem('mfa-enrolment-required', 403);
    const failures = await factory.auditEvents({ event: 'authz_fail' });
    expect(failures.at(-1)).toMatchObject({ actor_id: admin.id, reason: 'second factor missing' });
    expect(await factory.auditEvents({ subjectId: user.id })).toEqual([]);
  });

  it('can log in, read the own account, authenticate again, add a factor and then use the API', async () => {
    const fresh = await factory.admin();
    const tokens = await api.logIn(fresh);
    const users = async (of: Tokens): Promise<ApiResponse> => await api.get('/v1/users', bearerOf(of));
    const before = await users(tokens);
    const me = await api.get('/v1/users/me', bearerOf(tokens));
    const { refreshToken } = tokens;
    const refreshed = (await api.post('/v1/auth/refresh', { refreshToken })).body as Tokens;
    const again = await api.post('/v1/auth/reauthenticate', { password: fresh.password }, bearerOf(refreshed));
    const renewed = again.body as Tokens;

    const app = await mfa.enrol(renewed);
    const activated = await mfa.activate(renewed, app.factorId, codeOf(app));

    expect(before).toBeProblem('mfa-enrolment-required', 403);
    expect(me).toMatchObject({ status: 200, body: { mfa: { methods: [] } } });
    expect([again.status, activated.status]).toEqual([200, 200]);
    expect((await users(renewed)).status).toBe(200);
  });

  it('can add a passkey, and not delete it as the last factor', async () => {
    const user = await factory.admin();
    const tokens = await api.logIn(user);
    const authenticator = new SoftwareAuthenticator();
    const registered = await passkeys.register(tokens, authenticator);
    const { id } = registered.body as { id: string };
    const strong = bearerOf((await passkeys.logIn({ authenticator })).body as Tokens);

    const response = await api.delete(`/v1/auth/passkeys/${id}`, strong);

    expect(registered.status).toBe(201);
    expect((await api.get('/v1/users', strong)).status).toBe(200);
    expect(response).toBeProblem('second-factor-required', 409);
    expect((await api.get('/v1/users/me', strong)).body).toMatchObject({
      mfa: { methods: ['passkey'], recoveryCodesLeft: 10 },
    });
  });

  it('can log out', async () => {
    const tokens = await api.logIn(await factory.admin());

    const one = await api.post('/v1/auth/logout', {}, bearerOf(tokens));
    const next = await api.logIn(await factory.admin());
    const all = await api.post('/v1/auth/logout-all', { scope: 'all' }, bearerOf(next));

    expect([one.status, all.status]).toEqual([204, 204]);
  });

  it('cannot delete the last factor, and can delete another one', async () => {
    const owner = await mfa.user({ roles: ['user', 'admin'] });
    const tokens = await mfa.logIn(owner);
    const remove = async (id: string): Promise<ApiResponse> =>
      await api.delete(`/v1/auth/mfa/totp/${id}`, bearerOf(tokens));

    const last = await remove(owner.factorId);
    const second = await mfa.enrol(tokens);
    await mfa.activate(tokens, second.factorId, codeOf(second));
    const first = await remove(owner.factorId);

    expect(last).toBeProblem('second-factor-required', 409);
    expect(first.status).toBe(204);
    expect(await remove(second.factorId)).toBeProblem('second-factor-required', 409);
    expect((await api.get('/v1/users/me', bearerOf(tokens))).body).toMatchObject({
      mfa: { methods: ['totp'], recoveryCodesLeft: 10 },
    });
  });
});

describe('A user who receives a role that requires a second factor', () => {
  it('is refused at once, with a session, an API key and in an open stream', async () => {
    const root = await mfa.user({ roles: ['user', 'admin'] });
    const asRoot = bearerOf(await mfa.logIn(root));
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const ownKey = await createApiKey(api.as(user), []);
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const job = await createJob(api.as(user), { type: 'test.steps', payload: { steps: 0 }, runAt });
    const stream = await EventReader.open(`${api.baseUrl}/v1/jobs/${job}/events`, tokens.accessToken);
    const jobs = async (headers: Record<string, string>): Promise<ApiResponse> => await api.get('/v1/jobs', headers);
    const before = [await jobs(bearerOf(tokens)), await jobs(withKey(ownKey))];

    await api.patch(`/v1/users/${user.id}`, { roles: ['user', 'admin'] }, { ...asRoot, 'If-Match': '*' });

    expect([stream.status, ...before.map(({ status }) => status)]).toEqual([200, 200, 200]);
    expect(await jobs(bearerOf(tokens))).toBeProblem('mfa-enrolment-required', 403);
    expect(await jobs(withKey(ownKey))).toBeProblem('mfa-enrolment-required', 403);
    await stream.end();
    expect(stream.events.map(({ event }) => event)).not.toContain('done');
  });

  it('is not refused with a factor, nor are users of other roles', async () => {
    const user = await factory.user();

    expect((await api.as(user).get('/v1/jobs')).status).toBe(200);
    expect((await api.delete('/v1/users/me', { ...bearerOf(await api.logIn(user)), 'If-Match': '*' })).status).toBe(
      204,
    );
  });
});
