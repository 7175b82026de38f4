import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { createApp } from '../src/app.setup.ts';
import { HashingOverloaded } from '../src/features/auth/auth.errors.ts';
import { PasswordHasher } from '../src/features/auth/password-hasher.ts';
import { fingerprintOf } from '../src/http/idempotency/fingerprint.ts';
import { Api } from './support/api.ts';
import { start, testConfig } from './support/app.ts';
import { Kept, keyed } from './support/keys.ts';
import { until } from './support/running.ts';

const { app, api, given, database } = await start();
const kept = new Kept(database);
const asAdmin = api.as(await given.admin());
const hasher = app.get(PasswordHasher);
const newPassword = 'a password that was chosen by its owner';
let counter = 0;
let free: () => void = () => undefined;

/** Another process of the service, all but that. */
const second = await createApp(testConfig({ DATABASE_URL: database.url }));
await second.listen(0, '127.0.0.1');
const other = new Api(await second.getUrl());

afterAll(async () => {
  await second.close();
});

afterEach(() => {
  free();
  jest.restoreAllMocks();
});

/** The token of a new invitation. */
async function invited(): Promise<string> {
  counter += 1;
  const email = `prepared${counter}@example.com`;
  await asAdmin.post('/v1/users', { email });
  const { body } = await api.get(`/dev/mailbox?to=${email}`);
  return /token=([\w-]+)/.exec(JSON.stringify(body))?.[1] ?? '';
}

/** Lets no hash be computed until `free` is called; the returned function tells how many were asked for. */
function busyHasher(failure?: Error): () => number {
  const hash = hasher.hash.bind(hasher);
  const freed = Promise.withResolvers<undefined>();
  free = () => {
    freed.resolve(undefined);
  };
  const spy = jest.spyOn(hasher, 'hash').mockImplementation(async (password) => {
    await freed.promise;
    if (failure !== undefined) throw failure;
    return await hash(password);
  });
  return () => spy.mock.calls.length;
}

async function waiting(asked: () => number, count: number): Promise<void> {
  await until(`${count} hashes are asked for`, async () => await Promise.resolve(asked() === count));
}

/** One that is held stays as long as the hashes do; those of the relay and of other requests end meanwhile. */
async function noTransactionHeld(): Promise<void> {
  await until('no transaction is open', async () => {
    const { rows } = await database.pool.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    return rows.length === 0;
  });
}

describe('A keyed password reset', () => {
  it('I14: has no transaction open while it waits for its hash, and one token waits for one hash', async () => {
    const token = await invited();
    const asked = busyHasher();
    const headers = Array.from({ length: 8 }, () => keyed());
    const reset = async (header: object): ReturnType<typeof api.post> =>
      await api.post('/v1/auth/password/reset', { token, newPassword }, { ...header });

    const replies = headers.map(reset);
    await waiting(asked, 1);
    const unkeyed = reset({});
    await noTransactionHeld();
    expect(asked()).toBe(1);
    const meanwhile = await Promise.all(headers.map(reset));
    free();

    for (const reply of meanwhile) expect(reply).toBeProblem('idempotency-in-progress', 409);
    const answered = await Promise.all(replies);
    expect(answered.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(7).fill(400)]);
    expect(await unkeyed).toBeProblem('invalid-token', 400);
    expect(asked()).toBe(1);
  });

  it('I14: of many tokens has none open either', async () => {
    const tokens = await Promise.all(Array.from({ length: 12 }, async () => await invited()));
    const asked = busyHasher();
    const replies = tokens.map(
      async (token) => await api.post('/v1/auth/password/reset', { token, newPassword }, keyed()),
    );
    await waiting(asked, tokens.length);

    await noTransactionHeld();
    expect((await asAdmin.get('/v1/users/me')).status).toBe(200);
    free();
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual(tokens.map(() => 204));
  });

  it('keeps nothing that its password could be guessed with', async () => {
    const token = await invited();
    const header = keyed();
    expect((await api.post('/v1/auth/password/reset', { token, newPassword }, header)).status).toBe(204);

    const { rows } = await database.pool.query<{ fingerprint: Buffer }>(
      'SELECT fingerprint FROM idempotency_records WHERE key = $1',
      [header['Idempotency-Key']],
    );

    const known = fingerprintOf({
      method: 'POST',
      route: '/v1/auth/password/reset',
      parameters: {},
      query: {},
      contentType: 'application/json',
      body: { token, newPassword },
      bytes: undefined,
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.fingerprint).toHaveLength(known.length);
    expect(rows[0]?.fingerprint.equals(known)).toBe(false);
  });

  it('I4: is answered again as it was, although its token is used up, and without a hash', async () => {
    const token = await invited();
    const header = keyed();
    const first = await api.post('/v1/auth/password/reset', { token, newPassword }, header);
    const asked = busyHasher();
    const again = await api.post('/v1/auth/password/reset', { token, newPassword }, header);
    const other = await api.post('/v1/auth/password/reset', { token, newPassword: `${newPassword}!` }, header);

    expect([first.status, again.status]).toEqual([204, 204]);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(other).toBeProblem('idempotency-key-reused', 422);
    expect(asked()).toBe(0);
    expect(await kept.records(header['Idempotency-Key'])).toMatchObject([{ status: 204, permissions: [] }]);
    expect(await api.post('/v1/auth/password/reset', { token, newPassword }, keyed())).toBeProblem(
      'invalid-token',
      400,
    );
  });

  it.each(['done', 'refused'])('I12: finds what another process answered before its hash was %s', async (end) => {
    const token = await invited();
    const body = { token, newPassword };
    const header = keyed();
    const asked = busyHasher(end === 'refused' ? new HashingOverloaded() : undefined);
    const slow = api.post('/v1/auth/password/reset', body, header);
    await waiting(asked, 1);

    const first = await other.post('/v1/auth/password/reset', body, header);
    free();

    const again = await slow;
    expect([first.status, again.status]).toEqual([204, 204]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('I9: that is refused keeps nothing, and the key is free again', async () => {
    const token = await invited();
    const header = keyed();
    const weak = await api.post('/v1/auth/password/reset', { token, newPassword: 'short' }, header);
    const none = await api.post('/v1/auth/password/reset', { token: 1 }, header);
    const good = await api.post('/v1/auth/password/reset', { token, newPassword }, header);

    expect(weak).toBeProblem('weak-password', 422);
    expect(none).toBeProblem('validation-failed', 422);
    expect(good.status).toBe(204);
  });
});
