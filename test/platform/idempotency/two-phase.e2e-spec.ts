import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { createApp } from '../../../src/app.setup.ts';
import { PasswordHashingOverloaded } from '../../../src/features/auth/passwords/passwords.errors.ts';
import { PasswordHasher } from '../../../src/features/auth/passwords/password-hasher.ts';
import { fingerprintOf } from '../../../src/platform/http/idempotency/fingerprint.ts';
import { Api } from '../../harness/http/api.ts';
import { startApp, testConfig } from '../../harness/app/app.ts';
import { IdempotencyRecords, idempotencyKey } from '../../harness/database/idempotency-records.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const { app, api, factory, database } = await startApp();
const kept = new IdempotencyRecords(database);
const asAdmin = api.as(await factory.admin());
const hasher = app.get(PasswordHasher);
const newPassword = 'a password that was chosen by its owner';
let counter = 0;
let free: () => void = () => undefined;

/** Simulates another process of the service. */
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
  return await new Mailbox(api).tokenFor(email);
}

/** Blocks all hashes until `free` is called; the returned function counts the requested ones. */
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

async function waitForHashes(requested: () => number, count: number): Promise<void> {
  await waitUntil(`${count} hashes are requested`, async () => await Promise.resolve(requested() === count));
}

/** A transaction of the request would last as long as the hashes; those of the dispatcher and other requests end earlier. */
async function noTransactionHeld(): Promise<void> {
  await waitUntil('no transaction is open', async () => {
    const { rows } = await database.pool.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    return rows.length === 0;
  });
}

describe('A keyed password reset', () => {
  it('has no open transaction while it waits for its hash, one for each token', async () => {
    const token = await invited();
    const requested = busyHasher();
    const headers = Array.from({ length: 8 }, () => idempotencyKey());
    const reset = async (header: object): ReturnType<typeof api.post> =>
      await api.post('/v1/auth/password/reset', { token, newPassword }, { ...header });

    const replies = headers.map(reset);
    await waitForHashes(requested, 1);
    const unkeyed = reset({});
    await noTransactionHeld();
    expect(requested()).toBe(1);
    const meanwhile = await Promise.all(headers.map(reset));
    free();

    for (const reply of meanwhile) expect(reply).toBeProblem('idempotency-in-progress', 409);
    const responses = await Promise.all(replies);
    expect(responses.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(7).fill(400)]);
    expect(await unkeyed).toBeProblem('invalid-token', 400);
    expect(requested()).toBe(1);
  });

  it('has no open transaction with many tokens', async () => {
    const tokens = await Promise.all(Array.from({ length: 12 }, async () => await invited()));
    const requested = busyHasher();
    const replies = tokens.map(
      async (token) => await api.post('/v1/auth/password/reset', { token, newPassword }, idempotencyKey()),
    );
    await waitForHashes(requested, tokens.length);

    await noTransactionHeld();
    expect((await asAdmin.get('/v1/users/me')).status).toBe(200);
    free();
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual(tokens.map(() => 204));
  });

  it('stores nothing from which its password could be guessed', async () => {
    const token = await invited();
    const header = idempotencyKey();
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

  it('is replayed without a hash although its token is used', async () => {
    const token = await invited();
    const header = idempotencyKey();
    const first = await api.post('/v1/auth/password/reset', { token, newPassword }, header);
    const requested = busyHasher();
    const again = await api.post('/v1/auth/password/reset', { token, newPassword }, header);
    const other = await api.post('/v1/auth/password/reset', { token, newPassword: `${newPassword}!` }, header);

    expect([first.status, again.status]).toEqual([204, 204]);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(other).toBeProblem('idempotency-key-reused', 422);
    expect(requested()).toBe(0);
    expect(await kept.records(header['Idempotency-Key'])).toMatchObject([{ status: 204, permissions: [] }]);
    expect(await api.post('/v1/auth/password/reset', { token, newPassword }, idempotencyKey())).toBeProblem(
      'invalid-token',
      400,
    );
  });

  it.each(['done', 'rejected'])(
    'replays the response that another process stored before its hash was %s',
    async (end) => {
      const token = await invited();
      const body = { token, newPassword };
      const header = idempotencyKey();
      const requested = busyHasher(end === 'rejected' ? new PasswordHashingOverloaded() : undefined);
      const slow = api.post('/v1/auth/password/reset', body, header);
      await waitForHashes(requested, 1);

      const first = await other.post('/v1/auth/password/reset', body, header);
      free();

      const again = await slow;
      expect([first.status, again.status]).toEqual([204, 204]);
      expect(again.headers['idempotency-replayed']).toBe('true');
    },
  );

  it('stores nothing and releases its key when it is rejected', async () => {
    const token = await invited();
    const header = idempotencyKey();
    const weak = await api.post('/v1/auth/password/reset', { token, newPassword: 'short' }, header);
    const none = await api.post('/v1/auth/password/reset', { token: 1 }, header);
    const good = await api.post('/v1/auth/password/reset', { token, newPassword }, header);

    expect(weak).toBeProblem('weak-password', 422);
    expect(none).toBeProblem('validation-failed', 422);
    expect(good.status).toBe(204);
  });
});
