import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { SubscriptionRoute } from '../../src/platform/graphql/subscriptions/subscription-route.ts';
import { frontEndOrigin } from '../harness/app/jobs-app.ts';
import { createApiKey } from '../harness/http/api-keys.ts';
import { createJob } from '../harness/http/job-calls.ts';
import { openSocket } from '../harness/http/sockets.ts';
import { SubscriptionClient } from '../harness/http/subscription-client.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { connectAs, subscriptionsApp } from './subscriptions-app.ts';

const running = await subscriptionsApp();
const { app, api, factory } = running;
const user = await factory.user();
const { accessToken } = await api.tokensOf(user);
const bearer = { Authorization: `Bearer ${accessToken}` };

async function codeFor(payload: object): Promise<number | undefined> {
  const client = await SubscriptionClient.connect(api.baseUrl, payload);
  expect(client.accepted).toBe(false);
  return await client.close();
}

describe('A connection for subscriptions', () => {
  it('is closed without valid credentials', async () => {
    expect(await codeFor({})).toBe(4401);
    expect(await codeFor({ Authorization: bearer.Authorization.slice(0, -2) })).toBe(4401);
    expect(await codeFor({ Authorization: [bearer.Authorization] })).toBe(4401);
    expect(await codeFor({ 'X-API-Key': 'sk_test_unknown' })).toBe(4401);
  });

  it('is closed for an API key, as the stream of the API is refused', async () => {
    const key = await createApiKey(api.as(await factory.admin()));

    expect(await codeFor({ 'X-API-Key': key.key })).toBe(4403);
    expect(await codeFor({ ...bearer, 'X-API-Key': key.key })).toBe(4400);
    expect(await api.get('/v1/jobs/01938c5e-7a80-7000-8000-3f2d6c1b9a04/events', { 'X-API-Key': key.key })).toBeProblem(
      'forbidden',
      403,
    );
  });

  it('without credentials is closed at the shutdown', async () => {
    const client = await SubscriptionClient.open(api.baseUrl);

    app.get(SubscriptionRoute, { strict: false }).onModuleDestroy();

    expect(await client.close()).toBe(1001);
  });

  it('is closed when the client violates the protocol', async () => {
    const withoutInit = await SubscriptionClient.open(api.baseUrl);
    const early = await SubscriptionClient.open(api.baseUrl);
    early.subscribe('subscription { jobEvents(id: "1") { seq } }');
    const malformed = await SubscriptionClient.open(api.baseUrl);
    malformed.socket.send('{');
    const repeated = await SubscriptionClient.connect(api.baseUrl, bearer);
    repeated.send({ type: 'connection_init', payload: bearer });
    const large = await SubscriptionClient.connect(api.baseUrl, bearer);
    large.socket.send(' '.repeat(16 * 1024 + 1));

    const codes = await Promise.all(
      [early, malformed, repeated, large, withoutInit].map(async (one) => await one.close()),
    );

    expect(codes).toEqual([4401, 4400, 4429, 1009, 4408]);
  });

  it.each([
    ['an id in use', [subscribe('1'), subscribe('1')], 4409],
    [
      'an id in use that is too long for the reason of a close',
      [subscribe('ä'.repeat(200)), subscribe('ä'.repeat(200))],
      4409,
    ],
    ['an id in use again before its first subscription is open', [subscribe('1'), complete('1'), subscribe('1')], 4409],
    ['a message that is nested too deep', [subscribe('1', nested(33))], 4400],
    ['a message with a member __proto__', [subscribe('1', '{"__proto__":{}}')], 4400],
  ])('is closed for %s', async (_, messages, code) => {
    const client = await SubscriptionClient.connect(api.baseUrl, bearer);

    for (const message of messages) client.socket.send(message);

    expect(await client.close()).toBe(code);
  });

  it('is refused with another subprotocol', async () => {
    await expect(SubscriptionClient.open(api.baseUrl, { protocol: 'graphql-ws' })).rejects.toThrow('subprotocol');
  });

  it('is at /graphql only, and has no credentials in its headers', async () => {
    await expect(SubscriptionClient.open(api.baseUrl, { path: '/v1/jobs' })).rejects.toThrow('401');
    await expect(SubscriptionClient.open(api.baseUrl, { path: '/graphql/x' })).rejects.toThrow('404');
    const upgrade = { Upgrade: 'websocket', Connection: 'Upgrade' };
    expect(await api.get('/livez', upgrade)).toMatchObject({ status: 200 });
    expect(await api.get('/graphql', { ...upgrade, ...bearer })).toBeProblem('bad-request', 400);
    expect(await api.get('/graphql')).toBeProblem('method-not-allowed', 405);
    const malformed = await api.get('/graphql', { ...upgrade, 'Sec-WebSocket-Version': '7' });
    expect(malformed).toBeProblem('bad-request', 400);
    expect(malformed.headers['sec-websocket-version']).toBe('13');
  });

  it('is refused behind a request whose response was not sent yet', async () => {
    const socket = await openSocket(new URL(api.baseUrl));
    const handshake = 'GET /graphql HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

    socket.resume().write(`GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n${handshake}`);

    await once(socket, 'close');
    expect((await api.get('/livez')).status).toBe(200);
  });

  it('is opened by a page of the service, or of an origin of CORS_ORIGINS', async () => {
    for (const origin of [api.baseUrl, frontEndOrigin]) {
      const client = await SubscriptionClient.open(api.baseUrl, { origin });
      client.socket.close();
    }
    for (const origin of ['https://evil.example', 'null', `${frontEndOrigin}.evil.example`])
      await expect(SubscriptionClient.open(api.baseUrl, { origin })).rejects.toThrow('400');
  });

  it.each([
    ['is not parsed', 'subscription {', 'invalid_graphql_document'],
    ['the schema does not allow', 'subscription { jobs { seq } }', 'invalid_graphql_document'],
    ['is a query', '{ me { id } }', 'invalid_graphql_document'],
    ['is a mutation', 'mutation { revokeSession(id: "1") }', 'invalid_graphql_document'],
    [
      'has no value for a variable',
      'subscription ($id: ID!) { jobEvents(id: $id) { seq } }',
      'invalid_graphql_document',
    ],
    ['has a condition', 'subscription { jobEvents(id: "1") @skip(if: true) { seq } }', 'invalid_graphql_document'],
    [
      'has a condition by a variable',
      'subscription ($is: Boolean = true) { ... { ...F } } fragment F on Subscription { jobEvents(id: "1") @include(if: $is) { seq } }',
      'invalid_graphql_document',
    ],
    [
      'has two fields',
      'subscription { a: jobEvents(id: "1") { seq } b: jobEvents(id: "2") { seq } }',
      'invalid_graphql_document',
    ],
    ['has too many aliases', aliases(51), 'graphql_limit_exceeded'],
    ['has too many tokens', `subscription { jobEvents(id: "1") { ${'seq '.repeat(250)} } }`, 'graphql_limit_exceeded'],
  ])('refuses a document that %s, and stays open', async (_, document, code) => {
    const client = await connectAs(running, user);

    const refused = client.subscribe(document);
    await refused.end();

    expect(refused.problems).toMatchObject([{ extensions: { code } }]);
    expect(client.closed).toBeUndefined();
    client.socket.close();
  });

  it('is one of 100 of its user, with 100 streams together', async () => {
    const eve = await factory.user({ roles: [] });
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const id = await createJob(api.as(eve), { type: 'test.steps', payload: { steps: 0 }, runAt });
    const clients = await Promise.all(Array.from({ length: 100 }, async () => await connectAs(running, eve)));
    const subscriptions = clients.map((client) => client.jobEvents(id));
    for (const subscription of subscriptions) {
      await subscription.until('it has received an event', () => subscription.events.length === 1);
    }

    const refusedConnection = await connectAs(running, eve);
    const refused = clients[0]?.jobEvents(id);
    await refused?.end();

    expect(await refusedConnection.close()).toBe(1013);
    expect(refused?.problems).toMatchObject([{ extensions: { code: 'too_many_requests', status: 429 } }]);
    expect(await api.as(eve).get(`/v1/jobs/${id}/events`)).toBeProblem('too-many-requests', 429);
    for (const client of clients) client.socket.close();
    await waitUntil('another connection is accepted', async () => {
      const next = await connectAs(running, eve);
      next.socket.close();
      return next.accepted;
    });
  });
});

function subscribe(id: string, variables = '{}'): string {
  const query = 'subscription { jobEvents(id: "01938c5e-7a80-7000-8000-3f2d6c1b9a04") { seq } }';
  return `{"id":"${id}","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":${variables}}}`;
}

function complete(id: string): string {
  return `{"id":"${id}","type":"complete"}`;
}

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

function aliases(count: number): string {
  const fields = Array.from({ length: count }, (_, at) => `a${at}: seq`).join(' ');
  return `subscription { jobEvents(id: "1") { ${fields} } }`;
}
