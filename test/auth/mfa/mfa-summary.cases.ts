import { describe, expect, it } from '@jest/globals';
import { sharedApp } from '../../harness/app/app.ts';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { bearerOf, codeOf, mfaEnvironment, MfaFlows } from '../../harness/http/mfa-flows.ts';

const running = await sharedApp(mfaEnvironment);
const { api, factory, database, invalidationsDelivered } = running;
const mfa = new MfaFlows(running);

const none = { methods: [], recoveryCodesLeft: 0 };
const me = async (tokens: Tokens, etag?: string): Promise<ApiResponse> =>
  await api.get('/v1/users/me', { ...bearerOf(tokens), ...(etag === undefined ? {} : { 'If-None-Match': etag }) });

describe('GET /v1/users/me', () => {
  it('returns no factor and no recovery codes until an authenticator app is active', async () => {
    const tokens = await api.logIn(await factory.user());
    const app = await mfa.enrol(tokens);
    const before = await me(tokens);

    await mfa.activate(tokens, app.factorId, codeOf(app));

    expect(before.body).toMatchObject({ mfa: none });
    expect((await me(tokens, before.headers['etag'])).body).toMatchObject({
      mfa: { methods: ['totp'], recoveryCodesLeft: 10 },
    });
  });

  it('changes its ETag when a recovery code is used, when they are replaced and when the last factor is deleted', async () => {
    const user = await mfa.user();
    const [code = ''] = user.recoveryCodes;
    const seen = [await me(user.tokens)];
    const change = async (apply: () => Promise<{ status: number }>): Promise<void> => {
      const etag = seen.at(-1)?.headers['etag'];
      expect((await me(user.tokens, etag)).status).toBe(304);
      expect((await apply()).status).toBeLessThan(300);
      seen.push(await me(user.tokens, etag));
    };

    const { body } = await mfa.verify(await mfa.challenge(user), codeOf(user));
    const strong = bearerOf(body as Tokens);
    await change(async () => await mfa.verify(await mfa.challenge(user), code, 'recovery-code'));
    await change(async () => await api.post('/v1/auth/mfa/recovery-codes', undefined, strong));
    await change(async () => await api.delete(`/v1/auth/mfa/totp/${user.factorId}`, strong));

    expect(seen.map((each) => (each.body as { mfa: unknown }).mfa)).toEqual([
      { methods: ['totp'], recoveryCodesLeft: 10 },
      { methods: ['totp'], recoveryCodesLeft: 9 },
      { methods: ['totp'], recoveryCodesLeft: 10 },
      none,
    ]);
  });
});

describe('GET /v1/users/me of a cached session', () => {
  it('returns a factor that the cache does not have yet', async () => {
    const user = await mfa.user();
    const { rows } = await database.pool.query<{ version: number }>(
      'UPDATE users SET mfa_enabled = false WHERE id = $1 RETURNING version',
      [user.id],
    );
    await invalidationsDelivered();
    await me(user.tokens);
    const client = await database.pool.connect();
    // Without the trigger that invalidates the cache.
    await client.query(`BEGIN; SET LOCAL session_replication_role = replica`);
    await client.query('UPDATE users SET mfa_enabled = true WHERE id = $1', [user.id]);
    await client.query('COMMIT');
    client.release();

    const response = await me(user.tokens);

    expect(response.body).toMatchObject({ mfa: { methods: ['totp'], recoveryCodesLeft: 10 } });
    expect(response.headers['etag']).toMatch(new RegExp(`^"${rows[0]?.version ?? 0}\\b`));
  });
});

describe('PATCH /v1/users/me', () => {
  it('returns the second factors with the profile', async () => {
    const user = await mfa.user();

    const changed = await api.patch('/v1/users/me', { locale: 'de' }, { ...bearerOf(user.tokens), 'If-Match': '*' });
    const unchanged = await api.patch('/v1/users/me', {}, { ...bearerOf(user.tokens), 'If-Match': '*' });

    expect(changed).toMatchObject({ status: 200, body: { locale: 'de', mfa: { methods: ['totp'] } } });
    expect(unchanged).toMatchObject({ text: changed.text, headers: { etag: changed.headers['etag'] } });
    expect((await me(user.tokens)).text).toBe(changed.text);
  });
});
