import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { IdempotencyRecords, idempotencyKey } from '../../harness/database/idempotency-records.ts';
import { thingsApp } from '../../harness/app/things-app.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const { api: anonymous, factory, database } = await thingsApp();
const kept = new IdempotencyRecords(database);
const user = await factory.user();
const admin = await factory.admin();
const api = anonymous.as(user);

/** A job that does not start yet. */
const later = {
  type: 'users.export',
  payload: { format: 'csv' },
  runAt: new Date(Date.now() + 3_600_000).toISOString(),
};

describe('A repeated request', () => {
  it('receives the same status, bytes and headers, and is not executed', async () => {
    const header = idempotencyKey();
    const first = await api.post('/v1/things', { name: 'one' }, header);
    const again = await api.post('/v1/things', { name: 'one' }, header);

    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.text).toBe(first.text);
    expect(first.text).toMatch(/^\{"z":1,"id":/);
    for (const name of ['location', 'etag', 'link', 'content-type', 'content-length']) {
      expect({ [name]: again.headers[name] }).toEqual({ [name]: first.headers[name] });
      expect(first.headers[name]).toBeDefined();
    }
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await kept.things('one')).toBe(1);
  });

  it('receives no header that belongs to the first request', async () => {
    const header = idempotencyKey();
    const first = await api.post('/v1/things', { name: 'cookie' }, header);
    const again = await api.post('/v1/things', { name: 'cookie' }, header);

    expect(first.headers['set-cookie']).toBeDefined();
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    const [record] = await kept.records(header['Idempotency-Key']);
    expect(Object.keys(record?.['headers'] as object).sort()).toEqual(['content-type', 'etag', 'link', 'location']);
  });

  it('has the same form as a response without a key', async () => {
    const plain = await api.post('/v1/things', { name: 'plain' });
    const under = await api.post('/v1/things', { name: 'plain' }, idempotencyKey());

    expect(Object.keys(under.headers).sort()).toEqual(Object.keys(plain.headers).sort());
    expect(under.headers['content-type']).toBe(plain.headers['content-type']);
    expect(under.text.replace(/"id":\d+/, '')).toBe(plain.text.replace(/"id":\d+/, ''));
  });

  it('has the ETag and Cache-Control of the first response', async () => {
    const header = idempotencyKey();
    const body = { email: 'tagged@example.com' };
    const first = await anonymous.as(admin).post('/v1/users', body, header);
    const again = await anonymous.as(admin).post('/v1/users', body, header);

    expect(again.text).toBe(first.text);
    expect(first.headers['cache-control']).toBe('private, no-cache');
    expect(again.headers['cache-control']).toBe('private, no-cache');
  });

  it('has the Retry-After of the first response for a job', async () => {
    const header = idempotencyKey();
    const first = await anonymous.as(admin).post('/v1/jobs', later, header);
    const again = await anonymous.as(admin).post('/v1/jobs', later, header);

    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect([first.headers['retry-after'], again.headers['retry-after']]).toEqual(['1', '1']);
    expect(again.headers['cache-control']).toBe('no-store');
  });

  it('has no body if the first response had none', async () => {
    const header = idempotencyKey();
    const first = await api.delete('/v1/things/5', header);
    const again = await api.delete('/v1/things/5', header);

    expect([first.status, again.status]).toEqual([200, 200]);
    expect([first.text, again.text]).toEqual(['', '']);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await kept.things('deleted 5')).toBe(1);
  });

  it('receives the location instead of a body above 64 KiB', async () => {
    const header = idempotencyKey();
    const body = { name: 'large', noteLength: 70_000 };
    const first = await api.post('/v1/things', body, header);
    const again = await api.post('/v1/things', body, header);

    expect(first.text.length).toBeGreaterThan(70_000);
    expect(again.status).toBe(201);
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(again.headers['etag']).toBe(first.headers['etag']);
    expect(first.headers['idempotency-omitted']).toBeUndefined();
    expect(again.headers['idempotency-omitted']).toBe('true');
    expect(again.body).toEqual({
      omitted: true,
      detail: expect.any(String),
      location: first.headers['location'],
    });
    expect(await kept.records(header['Idempotency-Key'])).toMatchObject([{ body: null, body_omitted: true }]);
    expect(await kept.things('large')).toBe(1);
  });
});

describe('A key', () => {
  it('belongs to the user across access tokens', async () => {
    const header = idempotencyKey();
    const first = await api.post('/v1/things', { name: 'tokens' }, header);
    const { accessToken } = await anonymous.logIn(user);
    const other = { ...header, Authorization: `Bearer ${accessToken}` };
    const again = await anonymous.post('/v1/things', { name: 'tokens' }, other);

    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('of one user is independent of another user', async () => {
    const header = idempotencyKey();
    const first = await api.post('/v1/things', { name: 'users' }, header);
    const others = await anonymous.as(admin).post('/v1/things', { name: 'users' }, header);

    expect(others.status).toBe(201);
    expect(others.headers['idempotency-replayed']).toBeUndefined();
    expect(others.text).not.toBe(first.text);
    expect(await kept.things('users')).toBe(2);
  });

  it('for another request is rejected, and nothing is executed', async () => {
    const header = idempotencyKey();
    const replies = [
      await api.post('/v1/things?one=1', { name: 'first' }, header),
      await api.post('/v1/things?one=1', { name: 'second' }, header),
      await api.post('/v1/things?one=2', { name: 'first' }, header),
      await api.post('/v1/things', { name: 'first' }, header),
      await api.post('/v1/things/strict', { name: 'first' }, header),
      await api.delete('/v1/things/1', header),
    ];

    expect(replies[0]?.status).toBe(201);
    for (const reply of replies.slice(1)) expect(reply).toBeProblem('idempotency-key-reused', 422);
    expect(await kept.things('first')).toBe(1);
    expect(await kept.things('second')).toBe(0);
  });

  it('for another resource of the same route is rejected', async () => {
    const header = idempotencyKey();
    expect((await api.delete('/v1/things/8', header)).status).toBe(200);
    expect(await api.delete('/v1/things/9', header)).toBeProblem('idempotency-key-reused', 422);
  });

  it('identifies one request in every JSON notation', async () => {
    const header = { ...idempotencyKey(), 'Content-Type': 'application/json' };
    const first = await api.post('/v1/things?one=1&two=2', '{"name":"spelled","amount":10}', header);
    const again = await api.post('/v1/things?two=2&one=1', ' { "amount": 1e1, "name": "sp\\u0065lled" }', header);

    expect(first.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(await kept.things('spelled')).toBe(1);
  });

  it('distinguishes large numbers by their text', async () => {
    const header = { ...idempotencyKey(), 'Content-Type': 'application/json' };
    const first = await api.post('/v1/things', '{"name":"large","amount":9007199254740992}', header);
    const same = await api.post('/v1/things', '{"name":"large","amount":9007199254740992}', header);
    const other = await api.post('/v1/things', '{"name":"large","amount":9007199254740993}', header);

    expect(first.status).toBe(201);
    expect(same.text).toBe(first.text);
    expect(other).toBeProblem('idempotency-key-reused', 422);
  });
});

describe('A route that consumes a token', () => {
  it('replays the response to a retry with the same token', async () => {
    const address = 'mailed@example.com';
    await anonymous.post('/v1/auth/register', { email: address, password: 'a password of the tests' });
    const token = await new Mailbox(anonymous).tokenFor(address);
    const header = idempotencyKey();

    const first = await anonymous.post('/v1/auth/email/verify', { token }, header);
    const again = await anonymous.post('/v1/auth/email/verify', { token }, header);
    const unkeyed = await anonymous.post('/v1/auth/email/verify', { token });

    expect([first.status, again.status]).toEqual([204, 204]);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(unkeyed).toBeProblem('invalid-token', 400);
    const scope = `token:${createHash('sha256').update(token).digest('hex')}`;
    expect(await kept.records(header['Idempotency-Key'])).toMatchObject([{ scope, status: 204 }]);
    expect(JSON.stringify(await kept.records(header['Idempotency-Key']))).not.toContain(token);
  });

  it('leaves a request without a token to validation', async () => {
    const reply = await anonymous.post('/v1/auth/email/verify', {}, idempotencyKey());
    expect(reply).toBeProblem('validation-failed', 422);
  });
});
