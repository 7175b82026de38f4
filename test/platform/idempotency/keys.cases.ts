import { describe, expect, it } from '@jest/globals';
import { invalidKeys } from '../../contracts/rule-tables.ts';
import { IdempotencyRecords, idempotencyKey } from '../../harness/database/idempotency-records.ts';
import { sendRaw } from '../../harness/http/raw-http.ts';
import { thingsApp } from '../../harness/app/things-app.ts';
import { handlerCalls } from '../../harness/app/things-fixture.ts';

const { api: anonymous, factory, database, invalidationsDelivered } = await thingsApp();
const kept = new IdempotencyRecords(database);
const user = await factory.user({ roles: [] });
const api = anonymous.as(user);

/** A job that does not start yet. */
const later = {
  type: 'users.export',
  payload: { format: 'csv' },
  runAt: new Date(Date.now() + 3_600_000).toISOString(),
};

async function executed(during: () => Promise<void>): Promise<number> {
  const before = handlerCalls.count;
  await during();
  return handlerCalls.count - before;
}

/** Sends these header lines with a body for POST /v1/things. */
async function sendLines(...lines: string[]): ReturnType<typeof sendRaw> {
  const { accessToken } = await anonymous.tokensOf(user);
  const { host } = new URL(anonymous.baseUrl);
  const body = '{"name":"raw"}';
  const head = [
    'POST /v1/things HTTP/1.1',
    `Host: ${host}`,
    `Authorization: Bearer ${accessToken}`,
    'Connection: close',
  ];
  const rest = ['Content-Type: application/json', `Content-Length: ${body.length}`, ...lines, '', body];
  return await sendRaw(anonymous.baseUrl, Buffer.from([...head, ...rest].join('\r\n'), 'latin1'));
}

describe('An Idempotency-Key', () => {
  it('is the same with quotes, with parameters and without', async () => {
    const first = await api.post('/v1/things', { name: 'quoted' }, idempotencyKey('k-1'));
    const again = await api.post('/v1/things', { name: 'quoted' }, idempotencyKey('"k-1"'));
    const third = await api.post('/v1/things', { name: 'quoted' }, idempotencyKey('"k-1"; a=1'));

    expect(first.status).toBe(201);
    expect([again.text, third.text]).toEqual([first.text, first.text]);
    expect(await kept.things('quoted')).toBe(1);
  });

  it.each([255, 256])('of %i characters', async (length) => {
    const name = `long ${length}`;
    for (const key of ['k'.repeat(length), `"${'q'.repeat(length)}"`]) {
      const reply = await api.post('/v1/things', { name }, idempotencyKey(key));
      if (length === 255) expect(reply.status).toBe(201);
      else expect(reply).toBeProblem('invalid-idempotency-key', 400);
    }
    expect(await kept.things(name)).toBe(length === 255 ? 2 : 0);
  });

  it('may contain any printable character between quotes', async () => {
    const key = String.raw`"it's \"100%\", {a\\b}; DROP TABLE things --"`;
    const first = await api.post('/v1/things', { name: 'odd' }, idempotencyKey(key));
    const again = await api.post('/v1/things', { name: 'odd' }, idempotencyKey(key));

    expect(first.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(await kept.records(String.raw`it's "100%", {a\b}; DROP TABLE things --`)).toHaveLength(1);
  });

  it.each([
    ...invalidKeys.map(([name, key]) => [name, [`Idempotency-Key: ${key}`.trimEnd()]] as const),
    ['of two lines', ['Idempotency-Key: a', 'Idempotency-Key: a']],
    ['of two lines with different capitalization', ['idempotency-key: a', 'IDEMPOTENCY-KEY: b']],
    ['of two items', ['Idempotency-Key: "a", "b"']],
  ])('%s is rejected, and nothing is executed', async (_, lines) => {
    const calls = await executed(async () => {
      expect(await sendLines(...lines)).toBeProblem('invalid-idempotency-key', 400);
    });
    expect(calls).toBe(0);
  });

  it('names the header in the error', async () => {
    const reply = await api.post('/v1/things', { name: 'x' }, idempotencyKey('a b'));
    expect(reply.body).toMatchObject({ errors: [{ header: 'Idempotency-Key', code: 'idempotency_key' }] });
  });

  it('is required if the route declares it', async () => {
    const calls = await executed(async () => {
      expect(await api.post('/v1/things/strict', { name: 'strict' })).toBeProblem('idempotency-key-required', 400);
    });
    expect(calls).toBe(0);
    expect((await api.post('/v1/things/strict', { name: 'strict' }, idempotencyKey())).status).toBe(201);
  });

  it('is ignored on GET, even an invalid one', async () => {
    const key = 'for-a-get';
    expect((await api.get('/v1/things', idempotencyKey(key))).headers['idempotency-replayed']).toBeUndefined();
    expect((await api.get('/v1/users/me', idempotencyKey('a b'))).status).toBe(200);
    expect(await kept.records(key)).toEqual([]);
  });

  it('replays an empty body with a media type to one without, and the other way round', async () => {
    const types = [{}, { 'Content-Type': 'application/json' }, { 'Content-Type': 'text/plain' }];

    for (const first of types) {
      const header = idempotencyKey();
      await api.delete('/v1/things/empty', { ...header, ...first });
      const replies = await Promise.all(
        types.map(async (again) => await api.delete('/v1/things/empty', { ...header, ...again })),
      );
      expect(replies.map(({ status, headers }) => [status, headers['idempotency-replayed']])).toEqual(
        types.map(() => [200, 'true']),
      );
    }
  });

  it('is ignored where a route opts out, even an invalid one', async () => {
    const key = 'for-a-loose-one';
    const first = await api.post('/v1/things/loose', { name: 'loose' }, idempotencyKey(key));
    const again = await api.post('/v1/things/loose', { name: 'loose' }, idempotencyKey(key));
    const bad = await api.post('/v1/things/loose', { name: 'loose' }, idempotencyKey('a b'));

    expect([first.status, again.status, bad.status]).toEqual([201, 201, 201]);
    expect(again.text).not.toBe(first.text);
    expect(await kept.records(key)).toEqual([]);
  });

  it('never stores a response with tokens', async () => {
    const header = idempotencyKey();
    const first = await anonymous.post('/v1/auth/login', { email: user.email, password: user.password }, header);
    const again = await anonymous.post('/v1/auth/login', { email: user.email, password: user.password }, header);

    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.text).not.toBe(first.text);
    expect(await kept.records(header['Idempotency-Key'])).toEqual([]);
  });
});

describe('The order of checks', () => {
  it('is body, key, authentication, permission, key state, validation', async () => {
    const json = { 'Content-Type': 'application/json' };
    const bad = idempotencyKey('a b');
    expect(await anonymous.post('/v1/things/guarded', '{', { ...bad, ...json })).toBeProblem('malformed-json', 400);
    expect(await anonymous.post('/v1/things/guarded', {}, bad)).toBeProblem('invalid-idempotency-key', 400);
    expect(await anonymous.post('/v1/things/guarded', {}, idempotencyKey())).toBeProblem('unauthenticated', 401);
    expect(await api.post('/v1/things/guarded', {}, idempotencyKey())).toBeProblem('forbidden', 403);

    const used = idempotencyKey();
    expect((await api.post('/v1/things', { name: 'order' }, used)).status).toBe(201);
    expect(await api.post('/v1/things', { nonsense: true }, used)).toBeProblem('idempotency-key-reused', 422);
    expect(await api.post('/v1/things?nonsense=1', {}, used)).toBeProblem('idempotency-key-reused', 422);
    expect(await api.post('/v1/things', { nonsense: true }, idempotencyKey())).toBeProblem('validation-failed', 422);
  });

  it('rejects a replay with a revoked token, and after a role was removed', async () => {
    const admin = await factory.admin();
    const header = idempotencyKey();
    const first = await anonymous.as(admin).post('/v1/things/guarded', { name: 'revoked' }, header);
    expect(first.status).toBe(201);

    await database.pool.query(`UPDATE users SET roles = '{}' WHERE id = $1`, [admin.id]);
    await invalidationsDelivered();
    expect(await anonymous.as(admin).post('/v1/things/guarded', { name: 'revoked' }, header)).toBeProblem(
      'forbidden',
      403,
    );

    await database.pool.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [admin.id]);
    await invalidationsDelivered();
    const revoked = await anonymous.as(admin).post('/v1/things/guarded', { name: 'revoked' }, header);
    expect(revoked).toBeProblem('unauthenticated', 401);
    expect(await kept.things('revoked')).toBe(1);
  });

  it('rejects a replay after a role was removed that the handler checks', async () => {
    const admin = await factory.admin();
    const { id } = (await anonymous.as(await factory.admin()).post('/v1/jobs', later)).body as { id: string };
    const header = idempotencyKey();
    const path = `/v1/jobs/${id}/cancel`;
    const first = await anonymous.as(admin).post(path, undefined, header);
    const again = await anonymous.as(admin).post(path, undefined, header);
    expect([first.status, again.status, again.text]).toEqual([200, 200, first.text]);

    await database.pool.query(`UPDATE users SET roles = '{}' WHERE id = $1`, [admin.id]);
    await invalidationsDelivered();
    const demoted = await anonymous.as(admin).post(path, undefined, header);

    expect(demoted).toBeProblem('forbidden', 403);
    expect(demoted.body).not.toHaveProperty('payload');
    expect(demoted.headers['idempotency-replayed']).toBeUndefined();
    expect(await factory.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({ actor_id: admin.id, reason: expect.stringMatching(/^lost permission .*jobs:write/) }),
    );

    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [admin.id]);
    await invalidationsDelivered();
    expect((await anonymous.as(admin).post(path, undefined, header)).text).toBe(first.text);
  });

  it('replays to a caller who gained a role', async () => {
    const promoted = await factory.user({ roles: [] });
    const header = idempotencyKey();
    const first = await anonymous.as(promoted).post('/v1/things', { name: 'gained' }, header);
    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [promoted.id]);
    await invalidationsDelivered();

    expect((await anonymous.as(promoted).post('/v1/things', { name: 'gained' }, header)).text).toBe(first.text);
  });
});
