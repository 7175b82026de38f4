import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';
import { Kept, keyed } from './support/keys.ts';
import { sendRaw } from './support/raw.ts';
import { seen, thingsTable, ThingsModule } from './support/things.ts';

const { api: nobody, given, database, heard } = await start({}, [ThingsModule]);
await database.pool.query(thingsTable);
const kept = new Kept(database);
const user = await given.user();
const api = nobody.as(user);

/** A job that nobody works on yet. */
const later = {
  type: 'users.export',
  payload: { format: 'csv' },
  runAt: new Date(Date.now() + 3_600_000).toISOString(),
};

async function executed(during: () => Promise<void>): Promise<number> {
  const before = seen.calls;
  await during();
  return seen.calls - before;
}

/** Sends these header lines with a body for POST /v1/things. */
async function sendLines(...lines: string[]): ReturnType<typeof sendRaw> {
  const { accessToken } = await nobody.tokensOf(user);
  const { host } = new URL(nobody.baseUrl);
  const body = '{"name":"raw"}';
  const head = [
    'POST /v1/things HTTP/1.1',
    `Host: ${host}`,
    `Authorization: Bearer ${accessToken}`,
    'Connection: close',
  ];
  const rest = ['Content-Type: application/json', `Content-Length: ${body.length}`, ...lines, '', body];
  return await sendRaw(nobody.baseUrl, Buffer.from([...head, ...rest].join('\r\n'), 'latin1'));
}

describe('An Idempotency-Key', () => {
  it('I1: with quotes, parameters and without is the same', async () => {
    const first = await api.post('/v1/things', { name: 'quoted' }, keyed('k-1'));
    const again = await api.post('/v1/things', { name: 'quoted' }, keyed('"k-1"'));
    const third = await api.post('/v1/things', { name: 'quoted' }, keyed('"k-1"; a=1'));

    expect(first.status).toBe(201);
    expect([again.text, third.text]).toEqual([first.text, first.text]);
    expect(await kept.things('quoted')).toBe(1);
  });

  it.each([255, 256])('I1: of %i characters', async (length) => {
    const name = `long ${length}`;
    for (const key of ['k'.repeat(length), `"${'q'.repeat(length)}"`]) {
      const reply = await api.post('/v1/things', { name }, keyed(key));
      if (length === 255) expect(reply.status).toBe(201);
      else expect(reply).toBeProblem('idempotency-key-invalid', 400);
    }
    expect(await kept.things(name)).toBe(length === 255 ? 2 : 0);
  });

  it('I1: may hold any printable character between quotes', async () => {
    const key = String.raw`"it's \"100%\", {a\\b}; DROP TABLE things --"`;
    const first = await api.post('/v1/things', { name: 'odd' }, keyed(key));
    const again = await api.post('/v1/things', { name: 'odd' }, keyed(key));

    expect(first.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(await kept.records(String.raw`it's "100%", {a\b}; DROP TABLE things --`)).toHaveLength(1);
  });

  it.each([
    ['that is empty', ['Idempotency-Key:']],
    ['that is an empty string', ['Idempotency-Key: ""']],
    ['that does not end', ['Idempotency-Key: "k']],
    ['beyond ASCII', ['Idempotency-Key: caf\u00e9']],
    ['beyond ASCII between quotes', ['Idempotency-Key: "caf\u00e9"']],
    ['with a blank', ['Idempotency-Key: a b']],
    ['of two lines', ['Idempotency-Key: a', 'Idempotency-Key: a']],
    ['of two lines in other spellings', ['idempotency-key: a', 'IDEMPOTENCY-KEY: b']],
    ['of two items', ['Idempotency-Key: "a", "b"']],
  ])('I1: %s is refused, and nothing is executed', async (_, lines) => {
    const calls = await executed(async () => {
      expect(await sendLines(...lines)).toBeProblem('idempotency-key-invalid', 400);
    });
    expect(calls).toBe(0);
  });

  it('I1: names the header in what is wrong', async () => {
    const reply = await api.post('/v1/things', { name: 'x' }, keyed('a b'));
    expect(reply.body).toMatchObject({ errors: [{ header: 'Idempotency-Key', code: 'idempotency_key' }] });
  });

  it('I2: is required where a route says so', async () => {
    const calls = await executed(async () => {
      expect(await api.post('/v1/things/strict', { name: 'strict' })).toBeProblem('idempotency-key-required', 400);
    });
    expect(calls).toBe(0);
    expect((await api.post('/v1/things/strict', { name: 'strict' }, keyed())).status).toBe(201);
  });

  it('I3: is ignored on GET, even a bad one', async () => {
    const key = 'for-a-get';
    expect((await api.get('/v1/things', keyed(key))).headers['idempotency-replayed']).toBeUndefined();
    expect((await api.get('/v1/users/me', keyed('a b'))).status).toBe(200);
    expect(await kept.records(key)).toEqual([]);
  });

  it('I5: replays an empty body with a media type to one without, and the other way round', async () => {
    const types = [{}, { 'Content-Type': 'application/json' }, { 'Content-Type': 'text/plain' }];

    for (const first of types) {
      const header = keyed();
      await api.delete('/v1/things/empty', { ...header, ...first });
      const replies = await Promise.all(
        types.map(async (again) => await api.delete('/v1/things/empty', { ...header, ...again })),
      );
      expect(replies.map(({ status, headers }) => [status, headers['idempotency-replayed']])).toEqual(
        types.map(() => [200, 'true']),
      );
    }
  });

  it('I4: is ignored where a route opts out, even a bad one', async () => {
    const key = 'for-a-loose-one';
    const first = await api.post('/v1/things/loose', { name: 'loose' }, keyed(key));
    const again = await api.post('/v1/things/loose', { name: 'loose' }, keyed(key));
    const bad = await api.post('/v1/things/loose', { name: 'loose' }, keyed('a b'));

    expect([first.status, again.status, bad.status]).toEqual([201, 201, 201]);
    expect(again.text).not.toBe(first.text);
    expect(await kept.records(key)).toEqual([]);
  });

  it('I4: never makes a reply with tokens be kept', async () => {
    const header = keyed();
    const first = await nobody.post('/v1/auth/login', { email: user.email, password: user.password }, header);
    const again = await nobody.post('/v1/auth/login', { email: user.email, password: user.password }, header);

    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.text).not.toBe(first.text);
    expect(await kept.records(header['Idempotency-Key'])).toEqual([]);
  });
});

describe('The order of refusals', () => {
  it('I10: is body, key, authentication, permission, key state, validation', async () => {
    const json = { 'Content-Type': 'application/json' };
    const bad = keyed('a b');
    expect(await nobody.post('/v1/things/guarded', '{', { ...bad, ...json })).toBeProblem('body-malformed', 400);
    expect(await nobody.post('/v1/things/guarded', {}, bad)).toBeProblem('idempotency-key-invalid', 400);
    expect(await nobody.post('/v1/things/guarded', {}, keyed())).toBeProblem('unauthenticated', 401);
    expect(await api.post('/v1/things/guarded', {}, keyed())).toBeProblem('forbidden', 403);

    const used = keyed();
    expect((await api.post('/v1/things', { name: 'order' }, used)).status).toBe(201);
    expect(await api.post('/v1/things', { nonsense: true }, used)).toBeProblem('idempotency-key-reused', 422);
    expect(await api.post('/v1/things?nonsense=1', {}, used)).toBeProblem('idempotency-key-reused', 422);
    expect(await api.post('/v1/things', { nonsense: true }, keyed())).toBeProblem('validation-failed', 422);
  });

  it('I10: gives no replay for a token that was revoked, nor for a role that was lost', async () => {
    const admin = await given.admin();
    const header = keyed();
    const first = await nobody.as(admin).post('/v1/things/guarded', { name: 'revoked' }, header);
    expect(first.status).toBe(201);

    await database.pool.query(`UPDATE users SET roles = '{user}' WHERE id = $1`, [admin.id]);
    await heard();
    expect(await nobody.as(admin).post('/v1/things/guarded', { name: 'revoked' }, header)).toBeProblem(
      'forbidden',
      403,
    );

    await database.pool.query('UPDATE sessions SET killed_at = now() WHERE user_id = $1', [admin.id]);
    await heard();
    const revoked = await nobody.as(admin).post('/v1/things/guarded', { name: 'revoked' }, header);
    expect(revoked).toBeProblem('unauthenticated', 401);
    expect(await kept.things('revoked')).toBe(1);
  });

  it('I10: gives no replay for a role that was lost where the handler asks for it', async () => {
    const admin = await given.admin();
    const { id } = (await nobody.as(await given.admin()).post('/v1/jobs', later)).body as { id: string };
    const header = keyed();
    const path = `/v1/jobs/${id}/cancel`;
    const first = await nobody.as(admin).post(path, undefined, header);
    const again = await nobody.as(admin).post(path, undefined, header);
    expect([first.status, again.status, again.text]).toEqual([200, 200, first.text]);

    await database.pool.query(`UPDATE users SET roles = '{user}' WHERE id = $1`, [admin.id]);
    await heard();
    const demoted = await nobody.as(admin).post(path, undefined, header);

    expect(demoted).toBeProblem('forbidden', 403);
    expect(demoted.body).not.toHaveProperty('payload');
    expect(demoted.headers['idempotency-replayed']).toBeUndefined();
    expect(await given.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({ actor_id: admin.id, reason: expect.stringMatching(/^lost permission .*jobs:write/) }),
    );

    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [admin.id]);
    await heard();
    expect((await nobody.as(admin).post(path, undefined, header)).text).toBe(first.text);
  });

  it('I10: goes on giving replays to who has gained a role', async () => {
    const somebody = await given.user();
    const header = keyed();
    const first = await nobody.as(somebody).post('/v1/things', { name: 'gained' }, header);
    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [somebody.id]);
    await heard();

    expect((await nobody.as(somebody).post('/v1/things', { name: 'gained' }, header)).text).toBe(first.text);
  });
});
