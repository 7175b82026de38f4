import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { invalidKeys, steps } from '../contracts/rule-tables.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { idempotencyKey } from '../harness/database/idempotency-records.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { createJob } from '../harness/http/job-calls.ts';
import { bearerOf } from '../harness/http/mfa-flows.ts';
import { expectOneSuccess } from '../harness/http/replays.ts';
import type { RestRequest } from '../harness/http/rest-by-graphql.ts';
import { operationsWithField, sendByGraphql } from '../harness/http/rest-by-graphql.ts';
import { operationAt } from '../harness/openapi/api-document.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { rulesApp } from './rules-app.ts';

const { api, factory, database } = await rulesApp();
const admin = await factory.admin();
const runAt = new Date(Date.now() + 3_600_000).toISOString();
const anyVersion = { 'If-Match': '*' };
/** The default of DATABASE_POOL_MAX. */
const poolSize = 12;

type Request = Omit<RestRequest, 'headers'> & {
  readonly headers?: RestRequest['headers'];
  readonly caller: FactoryUser;
};

/** A valid request of each operation that has a mutation. */
const writes: Readonly<Record<string, () => Promise<Request>>> = {
  createUser: async () => await byAdmin('POST', '', { email: `${randomUUID()}@example.com` }),
  updateUser: async () => ({
    ...(await byAdmin('PATCH', `/${await userId()}`, { displayName: 'Ada' })),
    headers: anyVersion,
  }),
  deleteUser: async () => ({ ...(await byAdmin('DELETE', `/${await userId()}`)), headers: anyVersion }),
  disableUser: async () => await byAdmin('POST', `/${await userId()}/disable`),
  enableUser: async () => await byAdmin('POST', `/${(await factory.user({ disabled: true })).id}/enable`),
  restoreUser: async () => await byAdmin('POST', `/${(await factory.user({ deleted: true })).id}/restore`),
  updateMe: async () => {
    const body = { displayName: 'Ada' };
    return { caller: await factory.user(), method: 'PATCH', target: '/v1/users/me', body, headers: anyVersion };
  },
  createJob: async () => {
    return { caller: await factory.user(), method: 'POST', target: '/v1/jobs', body: { ...steps, runAt } };
  },
  cancelJob: async () => {
    const caller = await factory.user();
    const id = await createJob(api.as(caller), { ...steps, runAt });
    return { caller, method: 'POST', target: `/v1/jobs/${id}/cancel` };
  },
  retryJob: async () => {
    // A replay resolves the current state: the job must not begin meanwhile.
    expect((await api.as(admin).post('/v1/queues/heavy/pause')).status).toBe(200);
    const caller = await factory.user();
    const id = await createJob(api.as(caller), { ...steps, runAt });
    await api.as(caller).post(`/v1/jobs/${id}/cancel`);
    return { caller, method: 'POST', target: `/v1/jobs/${id}/retry` };
  },
  endSession: async () => {
    const caller = await factory.user();
    await api.tokensOf(caller);
    const { body } = await api.as(caller).get('/v1/auth/sessions');
    await api.logIn(caller);
    const known = (body as Sessions).data.map(({ id }) => id);
    const all = (await api.as(caller).get('/v1/auth/sessions')).body as Sessions;
    const other = all.data.find(({ id }) => !known.includes(id))?.id ?? '';
    return { caller, method: 'DELETE', target: `/v1/auth/sessions/${other}` };
  },
};

interface Sessions {
  readonly data: readonly { readonly id: string }[];
}

async function byAdmin(method: string, path: string, body?: object): Promise<Request> {
  return await Promise.resolve({ caller: admin, method, target: `/v1/users${path}`, body });
}

async function userId(): Promise<string> {
  return (await factory.user()).id;
}

async function send(
  { caller, headers = {}, ...request }: Request,
  more: RestRequest['headers'] = {},
): Promise<ApiResponse> {
  const bearer = bearerOf(await api.tokensOf(caller));
  return await sendByGraphql(api.baseUrl, { ...request, headers: { ...bearer, ...headers, ...more } });
}

describe('A mutation with a key', () => {
  it('is each that the schema has', () => {
    const mutations = operationsWithField.filter(({ method }) => method !== 'GET');

    expect(Object.keys(writes).sort()).toEqual(mutations.map(({ operationId }) => operationId).sort());
  });

  it.each(Object.entries(writes))('is executed once by 50 simultaneous requests: %s', async (_, prepare) => {
    const request = await prepare();
    const header = idempotencyKey();
    const success = Number(Object.keys(operationAt(request.method, request.target)?.responses ?? {})[0]);

    const replies = await Promise.all(Array.from({ length: 50 }, async () => await send(request, header)));

    expectOneSuccess(replies, success);
    expect((await send(request, header)).headers['idempotency-replayed']).toBe('true');
  });

  it('is refused at once while another with the key is in progress, also when the pool is full', async () => {
    const request = await byAdmin('POST', `/${await userId()}/disable`);
    const header = idempotencyKey();
    const others = Array.from({ length: poolSize - 1 }, () => idempotencyKey());
    const client = await database.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [request.target.split('/').at(-2)]);
    const first = send(request, header);
    const running = others.map(async (other) => await send(request, other));
    await waitUntil('the mutations wait for the row', async () => {
      const { rowCount } = await database.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rowCount === poolSize;
    });

    const meanwhile = await send(request, header);
    await client.query('COMMIT');
    client.release();

    expect(meanwhile).toBeProblem('idempotency-in-progress', 409);
    expect(meanwhile.headers['retry-after']).toBe('1');
    expect((await first).status).toBe(200);
    for (const { status } of await Promise.all(running)) expect(status).toBe(200);
    expect((await send(request, header)).text).toBe((await first).text);
  });

  it.each(invalidKeys)('%s is rejected', async (_, key) => {
    const request = await byAdmin('POST', `/${await userId()}/disable`);

    const response = await send(request, { 'Idempotency-Key': key });

    if (key === '') expect(response).toBeProblem('validation-failed', 422);
    else expect(response).toBeProblem('invalid-idempotency-key', 400);
  });
});

describe('A mutation of a version', () => {
  it.each(['updateUser', 'updateMe', 'deleteUser'])('is executed once of 100 simultaneous ones: %s', async (name) => {
    const request = await writes[name]?.();
    if (request === undefined) throw new Error('There is no request');
    const { etag = '' } = (await api.as(request.caller).get(request.target)).headers;

    const replies = await Promise.all(
      Array.from({ length: 100 }, async () => await send(request, { 'If-Match': etag })),
    );

    const refused = replies.filter(({ status }) => status >= 400);
    expect(refused).toHaveLength(99);
    for (const reply of refused) {
      if (name === 'deleteUser' && reply.status === 404) continue;
      expect(reply).toBeProblem('precondition-failed', 412);
    }
  });
});
