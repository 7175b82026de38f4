import { describe, expect, it } from '@jest/globals';
import { endsOfAccess } from '../contracts/rule-tables.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { createApiKey, withKey } from '../harness/http/api-keys.ts';
import { bearerOf } from '../harness/http/mfa-flows.ts';
import { sendByGraphql } from '../harness/http/rest-by-graphql.ts';
import { rulesApp } from './rules-app.ts';

const { api, factory, database, invalidationsDelivered } = await rulesApp();

async function get(target: string, headers: Readonly<Record<string, string>>): Promise<ApiResponse> {
  return await sendByGraphql(api.baseUrl, { method: 'GET', target, headers });
}

async function cachedUser(): Promise<{ user: FactoryUser; bearer: Record<string, string> }> {
  const user = await factory.user({ roles: [] });
  const bearer = bearerOf(await api.tokensOf(user));
  for (let time = 0; time < 2; time += 1) {
    expect((await get('/v1/users/me', bearer)).status).toBe(200);
    await invalidationsDelivered();
  }
  return { user, bearer };
}

describe('A cached session', () => {
  it.each(endsOfAccess)('is rejected when the invalidation of %s arrives', async (_, change) => {
    const { user, bearer } = await cachedUser();

    await database.pool.query(change, [user.id]);
    await invalidationsDelivered();

    expect(await get('/v1/users/me', bearer)).toBeProblem('unauthenticated', 401);
  });

  it('has the current permissions of its user', async () => {
    const { user, bearer } = await cachedUser();
    expect(await get('/v1/users', bearer)).toBeProblem('forbidden', 403);

    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [user.id]);
    await invalidationsDelivered();
    expect((await get('/v1/users', bearer)).status).toBe(200);

    await database.pool.query(`UPDATE users SET roles = '{}' WHERE id = $1`, [user.id]);
    await invalidationsDelivered();
    expect(await get('/v1/users', bearer)).toBeProblem('forbidden', 403);
  });
});

describe('A revoked API key', () => {
  it('is rejected when its invalidation arrives', async () => {
    const user = await factory.user();
    const key = withKey(await createApiKey(api.as(user)));
    expect((await get('/v1/users/me', key)).status).toBe(200);

    await database.pool.query('UPDATE api_keys SET revoked_at = now() WHERE user_id = $1', [user.id]);
    await invalidationsDelivered();

    expect(await get('/v1/users/me', key)).toBeProblem('unauthenticated', 401);
  });
});
