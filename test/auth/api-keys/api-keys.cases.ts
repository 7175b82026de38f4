import { describe, expect, it } from '@jest/globals';
import { apiKeyDigest, newApiKey } from '../../../src/platform/crypto/api-key-format.ts';
import { sharedApp } from '../../harness/app/app.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { createApiKey, withKey } from '../../harness/http/api-keys.ts';
import type { TestApiKey } from '../../harness/http/api-keys.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const { api, factory, database, invalidationsDelivered } = await sharedApp();
const path = '/v1/auth/api-keys';
const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const dayMs = 86_400_000;

interface Listed extends Omit<TestApiKey, 'key'> {
  readonly name: string;
  readonly lastUsedAt: string | null;
  readonly rotatedAt: string | null;
}

async function listed(user: FactoryUser): Promise<readonly Listed[]> {
  return ((await api.as(user).get(path)).body as { data: Listed[] }).data;
}

async function statusOf(key: Pick<TestApiKey, 'key'>, to = '/v1/users/me'): Promise<number> {
  return (await api.get(to, withKey(key))).status;
}

async function events({ id }: FactoryUser): Promise<unknown[]> {
  const all = await factory.auditEvents({ subjectId: id });
  return all
    .map(({ event, outcome, reason }) => [event, outcome, reason])
    .filter(([e]) => /api_key|authz/.test(String(e)));
}

/** Runs work while every query of API keys waits. */
async function withoutReadingKeys(work: () => Promise<void>): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN; LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE');
    await work();
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

describe('POST /v1/auth/api-keys', () => {
  it('returns the key once, and stores only its hash', async () => {
    const user = await factory.user();

    const { status, body } = await api.as(user).post(path, { name: 'Nightly', scopes: [] });

    const { key, ...shown } = body as TestApiKey;
    expect(status).toBe(201);
    expect(key).toMatch(/^sk_test_/);
    expect(key.startsWith(`${shown.prefix}_`)).toBe(true);
    expect(await listed(user)).toEqual([shown]);
    expect(shown).toMatchObject({ name: 'Nightly', scopes: [], lastUsedAt: null, rotatedAt: null });
    const { rows } = await database.pool.query('SELECT key_hash FROM api_keys WHERE id = $1', [shown.id]);
    expect(rows).toEqual([{ key_hash: Buffer.from(apiKeyDigest(key), 'base64') }]);
    expect(await events(user)).toEqual([['api_key_created', 'success', shown.prefix]]);
  });

  it.each([
    ['90 days by default', undefined, 90],
    ['90 days for null', null, 90],
    ['what was requested', 364, 364],
  ])('creates a key that expires after %s', async (_, requested, days) => {
    const expiresAt =
      typeof requested === 'number' ? new Date(Date.now() + requested * dayMs).toISOString() : requested;
    const user = api.as(await factory.user());
    const sentAt = Date.now();

    const { body } = await user.post(path, {
      name: 'a',
      scopes: [],
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });

    const lifetime = Date.parse((body as TestApiKey).expiresAt) - sentAt;
    expect(Math.round(lifetime / dayMs)).toBe(days);
  });

  it.each([-1, 0, 366])('rejects an expiry %d days ahead, and creates no key', async (days) => {
    const user = await factory.user();
    const expiresAt = new Date(Date.now() + days * dayMs).toISOString();

    const reply = await api.as(user).post(path, { name: 'a', scopes: [], expiresAt });

    expect(reply).toBeProblem('validation-failed', 422);
    expect(reply.body).toMatchObject({ errors: [{ pointer: '#/expiresAt', code: 'out_of_range' }] });
    expect(await listed(user)).toEqual([]);
  });

  it('rejects a scope that the caller does not hold, records it, and creates no key', async () => {
    const user = await factory.user();

    const reply = await api.as(user).post(path, { name: 'a', scopes: ['users:read'] });

    expect(reply).toBeProblem('api-key-scope-not-held', 403);
    expect(await listed(user)).toEqual([]);
    expect(await events(user)).toEqual([['authz_fail', 'failure', 'API key scope not held']]);
  });

  it.each([
    ['an empty name', { name: '' }],
    ['a name of 101 characters', { name: 'a'.repeat(101) }],
    ['a malformed scope', { scopes: ['*'] }],
    ['a repeated scope', { scopes: ['users:read', 'users:read'] }],
  ])('rejects %s', async (_, change) => {
    const admin = api.as(await factory.admin());

    expect(await admin.post(path, { name: 'a', scopes: [], ...change })).toBeProblem('validation-failed', 422);
  });

  it('ignores an Idempotency-Key, so that no stored response contains a key', async () => {
    const user = api.as(await factory.user());
    const send = async (): Promise<unknown> =>
      (await user.post(path, { name: 'a', scopes: [] }, { 'Idempotency-Key': 'api-key-once' })).body;

    const keys = [await send(), await send()].map((body) => (body as TestApiKey).key);

    expect(new Set(keys).size).toBe(2);
    const { rows } = await database.pool.query(`SELECT 1 FROM idempotency_records WHERE key = 'api-key-once'`);
    expect(rows).toEqual([]);
  });

  it('creates no key for a user who is disabled during the request', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    expect((await api.as(user).get('/v1/users/me')).status).toBe(200);
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('UPDATE users SET disabled_at = now() WHERE id = $1', [user.id]);

    const created = api.as(user).post(path, { name: 'a', scopes: [] });
    await waitUntil('the request waits for the user', async () => {
      const { rows } = await database.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM users%FOR NO KEY UPDATE%'`,
      );
      return rows.length > 0;
    });
    await client.query('COMMIT');
    client.release();

    expect(await created).toBeProblem('unauthenticated', 401);
    const { rows } = await database.pool.query('SELECT 1 FROM api_keys WHERE user_id = $1', [user.id]);
    expect(rows).toEqual([]);
  });
});

describe('GET /v1/auth/api-keys', () => {
  it("lists the caller's keys by page, newest first", async () => {
    const user = await factory.user();
    const ids = [];
    for (let at = 0; at < 3; at += 1) ids.unshift((await createApiKey(api.as(user))).id);
    await createApiKey(api.as(await factory.user()));

    const first = await api.as(user).get(`${path}?limit=2`, { Prefer: 'return=total-count' });
    const { data, page } = first.body as { data: Listed[]; page: { next: string; total: number } };
    const second = await api.as(user).get(`${path}?limit=2&cursor=${page.next}`);

    expect([...data, ...(second.body as { data: Listed[] }).data].map(({ id }) => id)).toEqual(ids);
    expect(page.total).toBe(3);
    expect(await api.as(user).get(`${path}?cursor=a`)).toBeProblem('invalid-cursor', 400);
  });
});

describe('An API key', () => {
  it('acts for its owner', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));

    const { status, body } = await api.get('/v1/users/me', withKey(key));

    expect(status).toBe(200);
    expect(body).toMatchObject({ id: user.id });
  });

  it('has no permission beyond its scopes', async () => {
    const key = await createApiKey(api.as(await factory.admin()), ['users:read']);

    expect(await statusOf(key, '/v1/users')).toBe(200);
    expect(await api.get('/v1/audit-events', withKey(key))).toBeProblem('forbidden', 403);
  });

  it('loses the scopes that its owner loses, and regains them', async () => {
    const admin = await factory.admin();
    const key = await createApiKey(api.as(admin), ['users:read']);
    const setRoles = async (roles: string): Promise<void> => {
      await database.pool.query('UPDATE users SET roles = $2::text[] WHERE id = $1', [admin.id, roles]);
      await invalidationsDelivered();
    };
    expect(await statusOf(key, '/v1/users')).toBe(200);

    await setRoles('{user}');
    expect(await statusOf(key, '/v1/users')).toBe(403);
    expect(await statusOf(key)).toBe(200);

    await setRoles('{user,admin}');
    expect(await statusOf(key, '/v1/users')).toBe(200);
  });

  it.each(['disabled_at', 'deleted_at'])('is rejected when its owner has %s', async (column) => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));
    expect(await statusOf(key)).toBe(200);

    await database.pool.query(`UPDATE users SET ${column} = now() WHERE id = $1`, [user.id]);
    await invalidationsDelivered();

    expect(await api.get('/v1/users/me', withKey(key))).toBeProblem('unauthenticated', 401);
  });

  it('is rejected together with an access token, whether or not both are valid', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));

    for (const sent of [key, { key: 'x' }])
      expect(await api.as(user).get('/v1/users/me', withKey(sent))).toBeProblem('bad-request', 400);
    const Authorization = 'Bearer x';
    expect(await api.get('/v1/users/me', { ...withKey(key), Authorization })).toBeProblem('bad-request', 400);
  });

  it('is an unknown parameter in the query', async () => {
    const user = await factory.user();
    const { key } = await createApiKey(api.as(user));

    expect(await api.get(`/v1/users/me?api_key=${key}`)).toBeProblem('unauthenticated', 401);
    expect(await api.as(user).get(`/v1/users/me?api_key=${key}`)).toBeProblem('invalid-parameter', 400);
  });

  it.each([
    ['has another form', 'secret'],
    ['is empty', ''],
    ['has a wrong checksum', `sk_test_AAAAAAAA_${'A'.repeat(49)}`],
    ['is of another environment', newApiKey('production').key],
  ])('is rejected without a query when it %s', async (_, key) => {
    await withoutReadingKeys(async () => {
      const reply = await api.get('/v1/users/me', { 'X-API-Key': key });

      expect(reply).toBeProblem('unauthenticated', 401);
      expect(reply.headers['www-authenticate']).toContain('error="invalid_token"');
    });
  });

  it('is rejected when it is unknown', async () => {
    expect(await api.get('/v1/users/me', withKey(newApiKey('test')))).toBeProblem('unauthenticated', 401);
  });

  it('is rejected when it has expired, also while it is cached', async () => {
    const keys = [await createApiKey(api.as(await factory.user())), await createApiKey(api.as(await factory.user()))];
    expect(await statusOf(keys[0] ?? { key: '' })).toBe(200);

    await database.pool.query('UPDATE api_keys SET expires_at = now() WHERE id = ANY ($1)', [keys.map(({ id }) => id)]);
    await invalidationsDelivered();

    for (const key of keys) expect(await statusOf(key)).toBe(401);
  });

  it.each([
    ['GET', path],
    ['GET', '/v1/auth/sessions'],
    ['GET', '/v1/auth/security-events'],
    ['PATCH', '/v1/users/me'],
    ['DELETE', '/v1/users/me'],
    ['POST', '/v1/auth/logout-all'],
    ['POST', '/v1/auth/password/change'],
    ['POST', '/v1/auth/email/change'],
  ])('cannot call %s %s', async (method, to) => {
    const user = await factory.admin();
    const key = await createApiKey(api.as(user));
    const body = method === 'POST' ? {} : undefined;
    const calls = { GET: 'get', PATCH: 'patch', DELETE: 'delete', POST: 'post' } as const;
    const call = calls[method as keyof typeof calls];
    const reply =
      call === 'get' || call === 'delete' ? await api[call](to, withKey(key)) : await api[call](to, body, withKey(key));

    expect(reply).toBeProblem('forbidden', 403);
    expect(await events(user)).toContainEqual(['authz_fail', 'failure', 'API key not accepted']);
  });

  it('can neither create, rotate nor revoke keys', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));

    const replies = [
      await api.post(path, { name: 'a', scopes: [] }, withKey(key)),
      await api.post(`${path}/${key.id}/rotate`, {}, withKey(key)),
      await api.delete(`${path}/${key.id}`, withKey(key)),
    ];

    for (const reply of replies) expect(reply).toBeProblem('forbidden', 403);
    expect((await listed(user)).map(({ id, rotatedAt }) => [id, rotatedAt])).toEqual([[key.id, null]]);
  });

  it('does not log its owner out', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));

    expect((await api.post('/v1/auth/logout', undefined, withKey(key))).status).toBe(204);
    expect((await api.as(user).get('/v1/users/me')).status).toBe(200);
  });

  it('creates a user once for each idempotency key', async () => {
    const key = await createApiKey(api.as(await factory.admin()), ['users:write']);
    const invitation = { email: `invited-by-${key.id}@example.com` };
    const headers = { ...withKey(key), 'Idempotency-Key': `user-of-${key.id}` };

    const first = await api.post('/v1/users', invitation, headers);
    const second = await api.post('/v1/users', invitation, headers);

    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers['idempotency-replayed']).toBe('true');
  });

  it('never satisfies step-up authentication: it changes no roles and exports no users', async () => {
    const admin = await factory.admin();
    const user = await factory.user();
    const headers = withKey(await createApiKey(api.as(admin)));
    const path = `/v1/users/${user.id}`;
    const before = await api.as(admin).get(path);

    const promotion = await api.patch(path, { roles: ['admin'] }, { ...headers, 'If-Match': '*' });
    const exported = await api.post('/v1/jobs', { type: 'users.export', payload: { format: 'csv' } }, headers);

    expect(promotion).toBeProblem('reauthentication-required', 401);
    expect(exported).toBeProblem('reauthentication-required', 401);
    expect((await api.as(admin).get(path)).text).toBe(before.text);
  });

  it('records its last use, and not again within a minute', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));
    const lastUsedAt = async (): Promise<string | null | undefined> => (await listed(user))[0]?.lastUsedAt;
    expect(await lastUsedAt()).toBe(null);

    await statusOf(key);
    await waitUntil('the last use is recorded', async () => (await lastUsedAt()) !== null);
    const recorded = await lastUsedAt();
    for (let at = 0; at < 5; at += 1) await statusOf(key);

    expect(await lastUsedAt()).toBe(recorded);
  });

  it('is not read again while it is cached', async () => {
    const key = await createApiKey(api.as(await factory.user()));
    await invalidationsDelivered();
    await statusOf(key);
    await waitUntil('the last use is recorded', async () => {
      const { rows } = await database.pool.query('SELECT 1 FROM api_keys WHERE id = $1 AND last_used_at IS NOT NULL', [
        key.id,
      ]);
      return rows.length === 1;
    });

    await withoutReadingKeys(async () => {
      expect(await statusOf(key)).toBe(200);
    });
  });
});

describe('DELETE /v1/auth/api-keys/{id}', () => {
  it('revokes the key at once, once', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));
    expect(await statusOf(key)).toBe(200);

    expect((await api.as(user).delete(`${path}/${key.id}`)).status).toBe(204);

    expect(await statusOf(key)).toBe(401);
    expect(await listed(user)).toEqual([]);
    expect(await api.as(user).delete(`${path}/${key.id}`)).toBeProblem('not-found', 404);
    expect(await events(user)).toEqual([
      ['api_key_created', 'success', key.prefix],
      ['api_key_revoked', 'success', key.prefix],
    ]);
  });

  it.each(['revoked_at', 'expires_at'])('is not needed when another instance has set %s', async (column) => {
    const key = await createApiKey(api.as(await factory.user()));
    expect(await statusOf(key)).toBe(200);

    await database.pool.query(`UPDATE api_keys SET ${column} = now() WHERE id = $1`, [key.id]);
    await invalidationsDelivered();

    expect(await statusOf(key)).toBe(401);
  });

  it('rejects the key of another user, which remains valid', async () => {
    const key = await createApiKey(api.as(await factory.user()));
    const other = api.as(await factory.user());

    expect(await other.delete(`${path}/${key.id}`)).toBeProblem('not-found', 404);
    expect(await statusOf(key)).toBe(200);
  });

  it('is final while the key is in use', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));

    const [revoked, ...uses] = await Promise.all([
      api.as(user).delete(`${path}/${key.id}`),
      ...Array.from({ length: 20 }, async () => await statusOf(key)),
    ]);

    expect(revoked.status).toBe(204);
    expect(uses.filter((status) => status !== 200 && status !== 401)).toEqual([]);
    expect(await statusOf(key)).toBe(401);
  });
});

describe('POST /v1/auth/api-keys/{id}/rotate', () => {
  async function rotate(user: FactoryUser, { id }: Pick<TestApiKey, 'id'>, body = {}): ReturnType<typeof api.post> {
    return await api.as(user).post(`${path}/${id}/rotate`, body);
  }

  it('returns a new key; the former one remains valid until the overlap ends', async () => {
    const admin = await factory.admin();
    const former = await createApiKey(api.as(admin), ['users:read']);
    const sentAt = Date.now();

    const { status, body } = await rotate(admin, former, { overlapHours: 3 });

    const replacement = body as TestApiKey;
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Test', scopes: ['users:read'], rotatedAt: null });
    expect([await statusOf(former), await statusOf(replacement, '/v1/users')]).toEqual([200, 200]);
    const old = (await listed(admin)).find(({ id }) => id === former.id);
    expect(Math.round((Date.parse(old?.expiresAt ?? '') - sentAt) / 3_600_000)).toBe(3);
    expect(old?.rotatedAt).not.toBe(null);
    expect(await events(admin)).toContainEqual([
      'api_key_rotated',
      'success',
      `${former.prefix} by ${replacement.prefix}`,
    ]);

    await database.pool.query('UPDATE api_keys SET expires_at = now() WHERE id = $1', [former.id]);
    await invalidationsDelivered();
    expect([await statusOf(former), await statusOf(replacement)]).toEqual([401, 200]);
  });

  it('ends the former key at once without an overlap', async () => {
    const user = await factory.user();
    const former = await createApiKey(api.as(user));
    expect(await statusOf(former)).toBe(200);

    expect((await rotate(user, former, { overlapHours: 0 })).status).toBe(201);

    expect(await statusOf(former)).toBe(401);
  });

  it('does not extend the former key', async () => {
    const user = await factory.user();
    const former = await createApiKey(api.as(user));
    await database.pool.query(`UPDATE api_keys SET expires_at = now() + interval '10 minutes' WHERE id = $1`, [
      former.id,
    ]);
    const [{ expiresAt } = former] = await listed(user);

    expect((await rotate(user, former)).status).toBe(201);

    expect((await listed(user)).find(({ id }) => id === former.id)?.expiresAt).toBe(expiresAt);
  });

  it('replaces a key once, also when it is called concurrently', async () => {
    const user = await factory.user();
    const former = await createApiKey(api.as(user));

    const replies = await Promise.all(Array.from({ length: 10 }, async () => await rotate(user, former)));

    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const reply of replies.filter(({ status }) => status !== 201))
      expect(reply).toBeProblem('api-key-not-rotatable', 409);
    expect(await listed(user)).toHaveLength(2);
  });

  it('rejects a key that has expired, is revoked, is unknown or belongs to another user', async () => {
    const user = await factory.user();
    const [expired, revoked, foreign] = [
      await createApiKey(api.as(user)),
      await createApiKey(api.as(user)),
      await createApiKey(api.as(await factory.user())),
    ];
    await database.pool.query('UPDATE api_keys SET expires_at = now() WHERE id = $1', [expired.id]);
    await api.as(user).delete(`${path}/${revoked.id}`);

    expect(await rotate(user, expired)).toBeProblem('api-key-not-rotatable', 409);
    for (const key of [revoked, foreign, { id: unknownId }])
      expect(await rotate(user, key)).toBeProblem('not-found', 404);
    expect(await listed(user)).toHaveLength(1);
    expect(await statusOf(foreign)).toBe(200);
  });

  it('rejects an overlap of more than 24 hours, and an expiry beyond the limit', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));
    const expiresAt = new Date(Date.now() + 366 * dayMs).toISOString();

    for (const body of [{ overlapHours: 25 }, { overlapHours: -1 }, { expiresAt }])
      expect(await rotate(user, key, body)).toBeProblem('validation-failed', 422);
    expect((await listed(user))[0]?.rotatedAt).toBe(null);
  });
});

describe('The API keys of another user', () => {
  const pathOf = ({ id }: FactoryUser): string => `/v1/users/${id}/api-keys`;

  it('are listed to administrators as to the user, without secrets', async () => {
    const user = await factory.user();
    const keys = [await createApiKey(api.as(user)), await createApiKey(api.as(user))];
    const asAdmin = api.as(await factory.admin());

    const { status, body, text } = await asAdmin.get(pathOf(user));

    expect(status).toBe(200);
    expect((body as { data: unknown[] }).data).toEqual(await listed(user));
    expect((body as { data: unknown[] }).data).toHaveLength(2);
    for (const { key } of keys) expect(text).not.toContain(key);
    expect((await asAdmin.get(`${pathOf(user)}?limit=1`)).body).toMatchObject({ page: { hasMore: true } });
  });

  it('are revoked by administrators, once, with the administrator as the actor', async () => {
    const [user, admin] = [await factory.user(), await factory.admin()];
    const [key, kept] = [await createApiKey(api.as(user)), await createApiKey(api.as(user))];
    const at = `${pathOf(user)}/${key.id}`;
    const headers = { 'Idempotency-Key': 'revoked-by-admin' };
    expect(await statusOf(key)).toBe(200);

    expect((await api.as(admin).delete(at, headers)).status).toBe(204);

    expect((await api.as(admin).delete(at, headers)).headers['idempotency-replayed']).toBe('true');
    expect(await api.as(admin).delete(at)).toBeProblem('not-found', 404);
    await invalidationsDelivered();
    expect([await statusOf(key), await statusOf(kept)]).toEqual([401, 200]);
    expect((await listed(user)).map(({ id }) => id)).toEqual([kept.id]);
    expect(
      (await factory.auditEvents({ subjectId: user.id })).filter(({ event }) => event === 'api_key_revoked'),
    ).toMatchObject([{ actor_id: admin.id, outcome: 'success', reason: key.prefix }]);
  });

  it('are neither listed nor revoked without permissions', async () => {
    const [user, other] = [await factory.user(), await factory.user()];
    const key = await createApiKey(api.as(user));

    expect(await api.as(other).get(pathOf(user))).toBeProblem('forbidden', 403);
    expect(await api.as(other).delete(`${pathOf(user)}/${key.id}`)).toBeProblem('forbidden', 403);
    expect(await statusOf(key)).toBe(200);
  });

  it('do not exist for another user, nor for an unknown or a deleted one', async () => {
    const user = await factory.user();
    const key = await createApiKey(api.as(user));
    const asAdmin = api.as(await factory.admin());

    expect(await asAdmin.delete(`${pathOf(await factory.user())}/${key.id}`)).toBeProblem('not-found', 404);
    expect(await asAdmin.get(`/v1/users/${unknownId}/api-keys`)).toBeProblem('not-found', 404);
    expect(await asAdmin.get(pathOf(await factory.user({ deleted: true })))).toBeProblem('not-found', 404);
    expect(await statusOf(key)).toBe(200);
  });
});
