import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { FactoryUser } from '../harness/database/factory.ts';
import type { GraphqlResponse } from '../harness/http/graphql.ts';
import { graphql } from '../harness/http/graphql.ts';
import { LoginFlows } from '../harness/http/login-flows.ts';
import { bearerOf } from '../harness/http/mfa-flows.ts';
import { graphqlApp } from './graphql-app.ts';

const running = await graphqlApp();
const { api, factory, database } = running;
const flows = new LoginFlows(running);
const admin = await factory.admin();

type Variables = Readonly<Record<string, unknown>>;

const documents = {
  createUser: `mutation ($input: CreateUserInput!, $key: String) {
    createUser(input: $input, idempotencyKey: $key) { id email roles etag } }`,
  updateUser: `mutation ($id: ID!, $etag: String!, $input: UpdateUserInput!, $key: String) {
    updateUser(id: $id, ifMatch: $etag, input: $input, idempotencyKey: $key) { displayName roles etag } }`,
  updateMe: `mutation ($etag: String!, $input: UpdateMeInput!, $key: String) {
    updateMe(ifMatch: $etag, input: $input, idempotencyKey: $key) { displayName locale etag } }`,
  disableUser: 'mutation ($id: ID!, $key: String) { disableUser(id: $id, idempotencyKey: $key) { status } }',
  enableUser: 'mutation ($id: ID!, $key: String) { enableUser(id: $id, idempotencyKey: $key) { status } }',
  deleteUser: `mutation ($id: ID!, $etag: String!, $key: String) {
    deleteUser(id: $id, ifMatch: $etag, idempotencyKey: $key) }`,
  restoreUser: 'mutation ($id: ID!, $key: String) { restoreUser(id: $id, idempotencyKey: $key) { id status } }',
  createJob: `mutation ($input: CreateJobInput!, $key: String) {
    createJob(input: $input, idempotencyKey: $key) { id type state priority owner { id } } }`,
  cancelJob: 'mutation ($id: ID!, $key: String) { cancelJob(id: $id, idempotencyKey: $key) { state } }',
  retryJob: 'mutation ($id: ID!, $key: String) { retryJob(id: $id, idempotencyKey: $key) { state } }',
  revokeSession: 'mutation ($id: ID!, $key: String) { revokeSession(id: $id, idempotencyKey: $key) }',
} as const;

async function mutate(
  caller: FactoryUser,
  name: keyof typeof documents,
  variables: Variables,
): Promise<GraphqlResponse> {
  return await graphql(api.as(caller), documents[name], variables);
}

async function done(caller: FactoryUser, name: keyof typeof documents, variables: Variables): Promise<unknown> {
  const { data, errors, extensions } = await mutate(caller, name, variables);
  expect(errors).toEqual([]);
  expect(extensions).toBeUndefined();
  return data?.[name];
}

/** Executes a mutation with a key, and repeats it: it must not be executed again. */
async function doneOnce(caller: FactoryUser, name: keyof typeof documents, variables: Variables): Promise<unknown> {
  const keyed = { ...variables, key: randomUUID() };
  const result = await done(caller, name, keyed);
  const repeated = await mutate(caller, name, keyed);
  expect(repeated.errors).toEqual([]);
  expect(repeated).toMatchObject({ data: { [name]: result }, extensions: { idempotencyReplayed: [name] } });
  return result;
}

const scheduled = (): Variables => ({
  type: 'account.export',
  payload: {},
  runAt: new Date(Date.now() + 3_600_000).toISOString(),
});

describe('The mutation createUser', () => {
  it('invites a user once for a key', async () => {
    const email = `${randomUUID()}@example.com`;

    const user = await doneOnce(admin, 'createUser', { input: { email, roles: ['admin'] } });

    expect(user).toMatchObject({ email, roles: ['admin'], etag: '"1"' });
    expect((await database.pool.query('SELECT 1 FROM mails WHERE recipient = $1', [email])).rowCount).toBe(1);
    expect((await mutate(admin, 'createUser', { input: { email: admin.email } })).errors).toMatchObject([
      { extensions: { code: 'email_taken', status: 409 } },
    ]);
  });

  it('has the pointers of invalid members, as the API has', async () => {
    const input = { email: 'no-email', displayName: '', roles: ['king'] };
    const rest = await api.as(admin).post('/v1/users', input);

    const { data, errors } = await mutate(admin, 'createUser', { input });

    const { instance: _, ...problem } = rest.body as Record<string, unknown>;
    expect(data).toEqual({ createUser: null });
    expect(errors).toMatchObject([{ path: ['createUser'], extensions: problem }]);
  });

  it('requires users:write', async () => {
    const { errors } = await mutate(await factory.user(), 'createUser', { input: { email: 'a@example.com' } });

    expect(errors).toMatchObject([{ extensions: { code: 'forbidden', status: 403 } }]);
  });
});

describe('The mutation updateUser', () => {
  it('updates the version that the caller has read, once for a key', async () => {
    const { id } = await factory.user();
    const input = { displayName: 'Ada' };

    expect(await doneOnce(admin, 'updateUser', { id, etag: '"1"', input })).toMatchObject({
      displayName: 'Ada',
      etag: '"2"',
    });
    const outdated = await mutate(admin, 'updateUser', { id, etag: '"1"', input });
    const removed = await done(admin, 'updateUser', { id, etag: '*', input: { displayName: null } });

    expect(outdated.errors).toMatchObject([{ extensions: { code: 'precondition_failed', status: 412 } }]);
    expect(removed).toMatchObject({ displayName: null, etag: '"3"' });
  });

  it('is executed by one of several requests with the same ETag', async () => {
    const { id } = await factory.user();
    const updates = Array.from({ length: 10 }, async (_, at) => {
      return await mutate(admin, 'updateUser', { id, etag: '"1"', input: { displayName: `Name ${at}` } });
    });

    const codes = (await Promise.all(updates)).map(({ errors }) => errors[0]?.extensions['code']);

    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set([undefined, 'precondition_failed']));
  });
});

describe('The mutations of users', () => {
  it('update the caller, once for a key', async () => {
    const user = await factory.user();
    const { data } = await graphql(api.as(user), '{ me { etag } }');
    const { etag } = data?.['me'] as { etag: string };

    const updated = await doneOnce(user, 'updateMe', { etag, input: { displayName: 'Ada', locale: 'de' } });

    expect(updated).toMatchObject({ displayName: 'Ada', locale: 'de' });
    expect((await mutate(user, 'updateMe', { etag, input: {} })).errors).toMatchObject([
      { extensions: { code: 'precondition_failed' } },
    ]);
  });

  it('disable, enable, delete and restore a user, once for a key', async () => {
    const { id } = await factory.user();

    expect(await doneOnce(admin, 'disableUser', { id })).toEqual({ status: 'disabled' });
    expect(await doneOnce(admin, 'enableUser', { id })).toEqual({ status: 'active' });
    expect(await doneOnce(admin, 'deleteUser', { id, etag: '*' })).toBe(id);
    expect((await mutate(admin, 'deleteUser', { id, etag: '*' })).errors).toMatchObject([
      { extensions: { code: 'not_found' } },
    ]);
    expect(await doneOnce(admin, 'restoreUser', { id })).toEqual({ id, status: 'active' });
  });

  it.each(['disableUser', 'enableUser', 'restoreUser'] as const)('require users:write and an id: %s', async (name) => {
    const { id } = await factory.user();

    const denied = await mutate(await factory.user(), name, { id });
    const invalid = await mutate(admin, name, { id: 'x' });

    expect(denied.errors).toMatchObject([{ extensions: { code: 'forbidden' } }]);
    expect(invalid.errors).toMatchObject([{ extensions: { errors: [{ pointer: '#/id' }] } }]);
  });
});

describe('The mutations of jobs', () => {
  it('create, cancel and retry a job, once for a key', async () => {
    const user = await factory.user();

    const job = (await doneOnce(user, 'createJob', { input: scheduled() })) as { readonly id: string };

    expect(job).toMatchObject({ type: 'account.export', state: 'scheduled', priority: 0, owner: { id: user.id } });
    expect((await mutate(await factory.user(), 'cancelJob', { id: job.id })).errors).toMatchObject([
      { extensions: { code: 'not_found' } },
    ]);
    expect(await doneOnce(user, 'cancelJob', { id: job.id })).toEqual({ state: 'cancelled' });
    expect(await done(user, 'retryJob', { id: job.id })).toHaveProperty('state');
    expect((await mutate(await factory.user(), 'retryJob', { id: job.id })).errors).toMatchObject([
      { extensions: { code: 'not_found' } },
    ]);
  });

  it('take the payload from the document too, as the same argument', async () => {
    const user = await factory.user();
    const { type, runAt } = scheduled();
    const key = randomUUID();
    const inDocument = (payload: string): string => `mutation ($runAt: DateTime, $key: String) {
      createJob(input: { type: "account.export", payload: ${payload}, runAt: $runAt }, idempotencyKey: $key) { id } }`;

    const created = await graphql(api.as(user), inDocument('{}'), { runAt, key });
    const repeated = await mutate(user, 'createJob', { input: { type, payload: {}, runAt }, key });
    const invalid = await graphql(api.as(user), inDocument('{ a: { b: [1] } }'), { runAt });
    const forbidden = await graphql(api.as(user), inDocument('{ __proto__: { a: 1 } }'), { runAt });

    const deep = await graphql(api.as(user), inDocument(`${'{ a: '.repeat(33)}1${' }'.repeat(33)}`), { runAt });

    expect(created.errors).toEqual([]);
    expect(repeated).toMatchObject({ data: created.data, extensions: { idempotencyReplayed: ['createJob'] } });
    expect(invalid.errors).toMatchObject([{ extensions: { errors: [{ pointer: '#/payload/a' }] } }]);
    for (const { errors } of [forbidden, deep])
      expect(errors).toMatchObject([{ extensions: { code: 'invalid_graphql_document' } }]);
  });

  it('require the permission of the type, and have the pointers of an invalid payload', async () => {
    const user = await factory.user();
    const input = { type: 'users.export', payload: { format: 'xml' } };

    const denied = await mutate(user, 'createJob', { input });
    const invalid = await mutate(admin, 'createJob', { input });

    expect(denied.errors).toMatchObject([{ extensions: { code: 'forbidden' } }]);
    expect(invalid.errors).toMatchObject([{ extensions: { errors: [{ pointer: '#/payload/format' }] } }]);
  });
});

describe('The mutation revokeSession', () => {
  it('revokes a session of the caller, once for a key', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    await api.logIn(user);
    const { data } = await graphql(api.as(user), '{ sessions { edges { node { id current } } } }');
    const { edges } = data?.['sessions'] as { edges: { node: { id: string; current: boolean } }[] };
    const other = edges.find(({ node }) => !node.current)?.node.id ?? '';

    expect(await doneOnce(user, 'revokeSession', { id: other })).toBe(other);
    expect((await mutate(user, 'revokeSession', { id: other })).errors).toMatchObject([
      { extensions: { code: 'not_found' } },
    ]);
    expect((await api.as(user).get('/v1/auth/sessions')).body).toMatchObject({ data: [{ current: true }] });
  });
});

describe('A mutation that requires a recent authentication', () => {
  it.each([
    ['updateUser', async () => ({ id: (await factory.user()).id, etag: '*', input: { roles: ['admin'] } })],
    ['createUser', async () => await Promise.resolve({ input: { email: 'invited@example.com', roles: ['admin'] } })],
    ['createJob', async () => await Promise.resolve({ input: { type: 'users.export', payload: { format: 'csv' } } })],
    ['revokeSession', async () => await Promise.resolve({ id: randomUUID() })],
  ] as const)('is refused in an old session, also with a key: %s', async (name, variables) => {
    const caller = await factory.admin();
    const headers = bearerOf(await flows.oldSession(caller));

    const given = { ...(await variables()), key: randomUUID() };
    const { data, errors } = await graphql(api, documents[name], given, headers);

    expect(data).toEqual({ [name]: null });
    expect(errors).toMatchObject([{ extensions: { code: 'reauthentication_required', status: 401 } }]);
  });

  it('is executed in an old session if it sets no roles', async () => {
    const { id } = await factory.user();
    const headers = bearerOf(await flows.oldSession(await factory.admin()));

    const { errors } = await graphql(
      api,
      documents.updateUser,
      { id, etag: '*', input: { displayName: 'Ada' } },
      headers,
    );

    expect(errors).toEqual([]);
  });
});

describe('The key of a mutation', () => {
  it('belongs to a field and its arguments, not to its selection', async () => {
    const { id } = await factory.user();
    const key = randomUUID();
    await done(admin, 'disableUser', { id, key });

    const selection = await graphql(
      api.as(admin),
      'mutation ($id: ID!, $key: String) { other: disableUser(id: $id, idempotencyKey: $key) { email } }',
      { id, key },
    );
    const ofOther = await mutate(admin, 'disableUser', { id: (await factory.user()).id, key });
    const field = await mutate(admin, 'enableUser', { id, key });
    const rest = await api.as(admin).post(`/v1/users/${id}/disable`, undefined, { 'Idempotency-Key': key });

    expect(selection).toMatchObject({ errors: [], extensions: { idempotencyReplayed: ['other'] } });
    for (const { errors } of [ofOther, field])
      expect(errors).toMatchObject([{ extensions: { code: 'idempotency_key_reused', status: 422 } }]);
    expect(rest).toBeProblem('idempotency-key-reused', 422);
  });

  it('is executed once by simultaneous requests', async () => {
    const email = `${randomUUID()}@example.com`;
    const variables = { input: { email }, key: randomUUID() };

    const responses = await Promise.all(
      Array.from({ length: 20 }, async () => await mutate(admin, 'createUser', variables)),
    );

    const ids = new Set(responses.flatMap(({ data }) => (data?.['createUser'] as { id: string } | null)?.id ?? []));
    const codes = new Set(responses.flatMap(({ errors }) => errors.map(({ extensions }) => extensions['code'])));
    expect(ids.size).toBe(1);
    expect([...codes].filter((code) => code !== 'idempotency_in_progress')).toEqual([]);
    expect((await database.pool.query('SELECT 1 FROM mails WHERE recipient = $1', [email])).rowCount).toBe(1);
  });

  it('is free again after a mutation that failed, whose effect was rolled back', async () => {
    const { id } = await factory.user();
    const key = randomUUID();

    const failed = await mutate(admin, 'updateUser', { id, etag: '"7"', input: { displayName: 'Ada' }, key });

    expect(failed.errors).toMatchObject([{ extensions: { code: 'precondition_failed' } }]);
    expect(await done(admin, 'updateUser', { id, etag: '"1"', input: { displayName: 'Ada' }, key })).toMatchObject({
      etag: '"2"',
    });
  });

  it('finds nothing for a caller who lost a permission', async () => {
    const caller = await factory.admin();
    const key = randomUUID();
    const { id } = (await done(await factory.user(), 'createJob', { input: scheduled() })) as { readonly id: string };
    expect(await done(caller, 'cancelJob', { id, key })).toEqual({ state: 'cancelled' });

    await database.pool.query(`UPDATE users SET roles = '{}' WHERE id = $1`, [caller.id]);
    await running.invalidationsDelivered();
    const { data, errors } = await mutate(caller, 'cancelJob', { id, key });

    expect(data).toEqual({ cancelJob: null });
    expect(errors).toMatchObject([{ extensions: { code: 'forbidden', status: 403 } }]);
    expect(await factory.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({ actor_id: caller.id, reason: expect.stringMatching(/^lost permission .*jobs:write/) }),
    );
  });

  it('is refused if it is no key', async () => {
    const { id } = await factory.user();

    const { errors } = await mutate(admin, 'disableUser', { id, key: 'with space' });

    expect(errors).toMatchObject([{ extensions: { code: 'invalid_idempotency_key', status: 400 } }]);
  });
});

describe('Several mutations of a document', () => {
  it('are executed one after the other, each in its own transaction', async () => {
    const { id } = await factory.user();

    const { data, errors } = await graphql(
      api.as(admin),
      `mutation ($id: ID!) {
        first: updateUser(id: $id, ifMatch: "\\"1\\"", input: { displayName: "A" }) { etag }
        failed: updateUser(id: $id, ifMatch: "\\"1\\"", input: { displayName: "B" }) { etag }
        second: updateUser(id: $id, ifMatch: "\\"2\\"", input: { displayName: "C" }) { etag displayName }
      }`,
      { id },
    );

    expect(data).toEqual({ first: { etag: '"2"' }, failed: null, second: { etag: '"3"', displayName: 'C' } });
    expect(errors).toMatchObject([{ path: ['failed'], extensions: { code: 'precondition_failed' } }]);
  });

  it('commit each key on its own: a repetition executes those that failed', async () => {
    const { id } = await factory.user();
    const keys = { first: randomUUID(), failed: randomUUID(), last: randomUUID() };
    const document = `mutation ($id: ID!, $first: String, $failed: String, $last: String) {
      first: updateUser(id: $id, ifMatch: "\\"1\\"", input: { displayName: "A" }, idempotencyKey: $first) { displayName }
      failed: updateUser(id: $id, ifMatch: "\\"3\\"", input: { displayName: "B" }, idempotencyKey: $failed) { displayName }
      last: updateUser(id: $id, ifMatch: "\\"2\\"", input: { displayName: "C" }, idempotencyKey: $last) { displayName }
      again: updateUser(id: $id, ifMatch: "\\"2\\"", input: { displayName: "C" }, idempotencyKey: $last) { displayName }
    }`;

    const first = await graphql(api.as(admin), document, { id, ...keys });
    const repeated = await graphql(api.as(admin), document, { id, ...keys });

    expect(first).toMatchObject({
      data: { first: { displayName: 'A' }, failed: null, last: { displayName: 'C' }, again: { displayName: 'C' } },
      errors: [{ path: ['failed'], extensions: { code: 'precondition_failed' } }],
      extensions: { idempotencyReplayed: ['again'] },
    });
    // Replays have the state when they are executed: the second one is executed between them.
    expect(repeated).toMatchObject({
      data: { first: { displayName: 'C' }, failed: { displayName: 'B' }, last: { displayName: 'B' } },
      errors: [],
      extensions: { idempotencyReplayed: ['first', 'last', 'again'] },
    });
  });

  it('verify the session again', async () => {
    const user = await factory.user();
    await api.tokensOf(user);
    const { data: before } = await graphql(api.as(user), '{ sessions { edges { node { id } } } me { displayName } }');
    const id = (before?.['sessions'] as { edges: { node: { id: string } }[] }).edges[0]?.node.id;

    const { data, errors } = await graphql(
      api.as(user),
      'mutation ($id: ID!) { revokeSession(id: $id) updateMe(ifMatch: "*", input: { displayName: "B" }) { id } }',
      { id },
    );

    expect(data).toEqual({ revokeSession: id, updateMe: null });
    expect(errors).toMatchObject([{ path: ['updateMe'], extensions: { code: 'unauthenticated', status: 401 } }]);
  });

  it('read other resources anew', async () => {
    const user = await factory.user({ roles: [] });
    const job = 'createJob(input: { type: "account.export", payload: {}, runAt: $runAt }) { owner { displayName } }';

    const { data } = await graphql(
      api.as(user),
      `mutation ($runAt: DateTime) {
        a: ${job} updateMe(ifMatch: "*", input: { displayName: "New" }) { displayName } b: ${job}
      }`,
      { runAt: scheduled()['runAt'] },
    );

    expect(data).toMatchObject({ updateMe: { displayName: 'New' }, b: { owner: { displayName: 'New' } } });
  });
});
