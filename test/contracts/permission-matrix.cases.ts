import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { permissionsPage } from '../../src/platform/http/openapi/permission-matrix.ts';
import type { Route } from '../harness/app/routes.ts';
import { routesOf } from '../harness/app/routes.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { createApiKey, withKey } from '../harness/http/api-keys.ts';
import { createJob } from '../harness/http/job-calls.ts';
import { operations, requestContentOf } from '../harness/openapi/api-document.ts';
import { root } from '../harness/process/service-process.ts';
import { exampleProvider, operationsApp } from './operations-app.ts';

/*
 * Calls every route of the router as every kind of caller and compares the results with docs/reference/permissions.md,
 * which is derived from decorators: the responses show whether the service does what these declare.
 */

/** The callers: unauthenticated; another user; the owner; an administrator, also by an API key with all permissions. */
const callers = ['anonymous', 'other', 'owner', 'admin', 'apiKey'] as const;
type Caller = (typeof callers)[number];

/** `hidden` is the 404 for a resource of another user. `in`: the request passed authentication and authorization. */
type Outcome = 'unauthenticated' | 'forbidden' | 'hidden' | 'in';
type Row = Readonly<Record<Caller, Outcome>>;

const file = 'docs/reference/permissions.md';
const page = fs.readFileSync(join(root, file), 'utf8');

const open: Row = { anonymous: 'in', other: 'in', owner: 'in', admin: 'in', apiKey: 'in' };
const unknown: Row = { anonymous: 'hidden', other: 'hidden', owner: 'hidden', admin: 'hidden', apiKey: 'hidden' };

/** Routes that no controller declares: the document with Swagger UI, and the admin console with its files. */
const withoutController: Readonly<Record<string, Row>> = {
  'GET /admin': open,
  'GET /admin/': open,
  'GET /admin/*': unknown,
  'GET /docs': open,
  'GET /docs/': open,
  'GET /docs/*': open,
  'GET /docs/LICENSE': unknown,
  'GET /docs/docs/swagger-ui-init.js': open,
  'GET /docs/index.html': open,
  'GET /docs/openapi.json': open,
  'GET /docs/openapi.yaml': open,
  'GET /docs/page.css': open,
  'GET /docs/page.js': open,
  'GET /docs/swagger-ui-init.js': open,
};

/** The page describes the built-in roles as features declare them. */
const { app, api, factory, database } = await operationsApp();
const readers = { admin: await factory.admin(), other: await factory.user(), owner: await factory.user() };
/** Some writes end all sessions of their caller. */
const writers = { admin: await factory.admin(), other: await factory.user() };
/** No request with an API key ends it: they manage neither keys nor their owner. */
const apiKey = await createApiKey(api.as(readers.admin));
const unknownUuid = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const matrix: Readonly<Record<string, Row>> = { ...withoutController, ...rowsOf(page) };
/** Without bull-board, which a service with Redis adds: test/jobs/queue-dashboard calls it. */
const routes = routesOf(app)
  .filter(({ path }) => !path.startsWith('/admin/queues'))
  .map(withDeclaredNames);
const named = routes.map((route): [string, Route] => [`${route.method} ${route.path}`, route]);

/** The router has one name for the parameters of all routes in one place. */
function withDeclaredNames(route: Route): Route {
  const shapeOf = (name: string): string => name.replaceAll(/:\w+/g, ':');
  const name = Object.keys(matrix).find((each) => shapeOf(each) === shapeOf(`${route.method} ${route.path}`));
  return name === undefined ? route : { ...route, path: name.slice(route.method.length + 1) };
}

/** The rows of the page as outcomes of the callers; other users and owners have the role `user`. */
function rowsOf(text: string): Record<string, Row> {
  const rows = text.matchAll(/^\| `([A-Z]+ \/\S*)` *\|[^|]*\| (\w+) *\| (\w+) *\| (\w+) *\| (\w+) *\|$/gm);
  return Object.fromEntries(
    [...rows].map(([, name = '', anonymous = '', user = '', administrator = '', key = '']) => [
      name,
      {
        anonymous: outcomeFor(anonymous),
        other: outcomeFor(user),
        owner: user === 'own' ? 'in' : outcomeFor(user),
        admin: outcomeFor(administrator),
        apiKey: outcomeFor(key),
      },
    ]),
  );
}

/** The outcome for a caller who is not the owner of the resource. */
function outcomeFor(cell: string): Outcome {
  const outcomes: Readonly<Record<string, Outcome>> = {
    yes: 'in',
    own: 'hidden',
    401: 'unauthenticated',
    403: 'forbidden',
  };
  const outcome = outcomes[cell];
  if (outcome === undefined) throw new Error(`${file} has the unknown entry ${cell}`);
  return outcome;
}

/** A path with the identifiers of resources, and the user that owns them. */
interface Target {
  readonly owner: FactoryUser;
  readonly path: string;
}

/** Returns an identifier for a parameter, by the path that ends with it; other resources have an example. */
const identifiers: Readonly<Record<string, (owner: FactoryUser) => string | Promise<string>>> = {
  '/v1/users/:id': ({ id }) => id,
  '/v1/users/:id/api-keys/:keyId': apiKeyOf,
  '/v1/users/:id/sessions/:sessionId': unusedSessionOf,
  '/v1/auth/sessions/:id': unusedSessionOf,
  '/v1/jobs/:id': delayedJobOf,
  '/v1/queues/:name': () => 'default',
  '/v1/auth/oauth/:provider': () => exampleProvider,
  '/v1/auth/reauthenticate/oauth/:provider': () => exampleProvider,
  '/v1/auth/identities/:provider': () => exampleProvider,
  '/v1/auth/identities/:id': identityOf,
  '/v1/auth/passkeys/:id': passkeyOf,
  '/v1/auth/mfa/totp/:id': pendingFactorOf,
  '/account/providers/:provider': () => exampleProvider,
  '/problems/:slug': () => 'forbidden',
  '/dev/mailbox/:id': mailTo,
  '/dev/mailbox/templates/:template': () => 'account-deleted',
};

/** The caller who ends it stays authenticated. */
async function unusedSessionOf({ id }: FactoryUser): Promise<string> {
  return await insertedId(
    `INSERT INTO sessions (id, user_id, amr, expires_at)
     VALUES (gen_random_uuid(), $1, '{pwd}', now() + interval '1 day') RETURNING id`,
    [id],
  );
}

async function mailTo({ email }: FactoryUser): Promise<string> {
  return await insertedId(
    `INSERT INTO mails (id, template, recipient, sent_at) VALUES (gen_random_uuid(), 'account-deleted', $1, now())
     RETURNING id`,
    [email],
  );
}

async function apiKeyOf(owner: FactoryUser): Promise<string> {
  return (await createApiKey(api.as(owner), [])).id;
}

async function delayedJobOf(owner: FactoryUser): Promise<string> {
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  return await createJob(api.as(owner), { type: 'test.steps', payload: { steps: 0 }, runAt });
}

async function identityOf({ id }: FactoryUser): Promise<string> {
  return await insertedId(
    `INSERT INTO identities (id, user_id, provider, issuer, subject)
     VALUES (gen_random_uuid(), $1::uuid, 'google', 'https://provider.example', $1::text) RETURNING id`,
    [id],
  );
}

/** Inserted, because logins of a user who registered one require a second factor. */
async function passkeyOf({ id }: FactoryUser): Promise<string> {
  return await insertedId(
    `INSERT INTO passkeys (id, user_id, name, credential_id, public_key, counter, transports, backup_eligible, backed_up)
     VALUES (gen_random_uuid(), $1, 'Laptop', $2, $2, 0, '{}', false, false) RETURNING id`,
    [id, Buffer.from(id)],
  );
}

async function insertedId(sql: string, values: unknown[]): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(sql, values);
  return rows[0]?.id ?? '';
}

async function pendingFactorOf(owner: FactoryUser): Promise<string> {
  const { body } = await api.as(owner).post('/v1/auth/mfa/totp', {});
  return (body as { factorId: string }).factorId;
}

/**
 * Creates a resource with the example of its document, as the user that owns it, or as an administrator if that
 * requires a permission.
 */
async function createdId(collection: string, template: string, owner: FactoryUser): Promise<string> {
  const create = operationOf({ method: 'POST', path: template });
  const content = create && requestContentOf(create);
  if (content === undefined) throw new Error(`identifiers has to have one of ${template}`);
  const creator = create?.['x-permissions'] === undefined ? owner : readers.admin;
  const response = await api.as(creator).post(collection, content.example);
  const { id } = response.body as { id?: string };
  if (id === undefined) throw new Error(`POST ${collection} with the example of the document: ${response.text}`);
  return id;
}

/** Creates the resources that a path has parameters for, from left to right, of a new user. */
async function createTarget({ method, path }: Route): Promise<Target> {
  if (path === '*') return { owner: readers.owner, path: '/nowhere' };
  const owner = method === 'GET' && !path.includes(':') ? readers.owner : await factory.user();
  const template = path.split('/');
  const segments = path.replace('*', 'swagger-ui.css').split('/');
  for (const [at, segment] of segments.entries()) {
    if (!segment.startsWith(':')) continue;
    const identifier = identifiers[template.slice(0, at + 1).join('/')];
    segments[at] =
      identifier === undefined
        ? await createdId(segments.slice(0, at).join('/'), template.slice(0, at).join('/'), owner)
        : await identifier(owner);
  }
  return { owner, path: segments.join('/') };
}

function operationOf({ method, path }: Route): (typeof operations)[number] | undefined {
  const template = path.replaceAll(/:(\w+)/g, '{$1}');
  return operations.find((operation) => operation.method === method && operation.path === template);
}

interface Call {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with methods that have content, as JSON unless it is text. */
  readonly body: unknown;
  readonly mediaType: string;
}

async function send({ method, target, headers, body, mediaType }: Call): Promise<ApiResponse> {
  const hasContent = method === 'POST' || method === 'PATCH' || method === 'PUT';
  const content = hasContent ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {};
  const type = hasContent ? { 'Content-Type': mediaType } : {};
  const controller = new AbortController();
  const { signal } = controller;
  const init = { method, headers: { ...type, ...headers }, ...content, redirect: 'manual', signal } as const;
  const response = await fetch(api.baseUrl + target, init);
  // A stream does not end: its headers are enough.
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  const text = isStream ? '' : await response.text();
  controller.abort();
  return { status: response.status, headers: Object.fromEntries(response.headers), body: undefined, text };
}

/**
 * A valid body where access to a resource is checked after validation; elsewhere an empty one, which changes nothing.
 */
function contentFor(route: Route): Pick<Call, 'body' | 'mediaType'> {
  const { mediaType = 'application/json', example = {} } = requestContentOf(operationOf(route) ?? {}) ?? {};
  const empty = typeof example === 'string' ? '' : {};
  return { mediaType, body: route.path.includes(':') ? example : empty };
}

/** A write of a resource without its precondition is rejected before the access to the resource is checked. */
function preconditionOf({ path }: Route): Record<string, string> {
  return path.includes(':') ? { 'If-Match': '*' } : {};
}

async function credentialsOf(caller: Caller, { owner }: Target, { method }: Route): Promise<Record<string, string>> {
  if (caller === 'anonymous') return {};
  if (caller === 'apiKey') return withKey(apiKey);
  const { accessToken } =
    method === 'GET'
      ? await api.tokensOf({ ...readers, owner }[caller])
      : await api.logIn({ ...writers, owner }[caller]);
  return { Authorization: `Bearer ${accessToken}` };
}

function outcomeOf({ status, text }: ApiResponse): Outcome {
  if (status >= 500) throw new Error(`${status} ${text}`);
  if (status === 401 && text.includes('"/problems/unauthenticated"')) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  return status === 404 && text.includes('"/problems/not-found"') ? 'hidden' : 'in';
}

/** Each caller gets a resource of its own where calls change it. */
async function outcomes(route: Route): Promise<Row> {
  const row: Partial<Record<Caller, Outcome>> = {};
  const read = route.method === 'GET' ? await createTarget(route) : undefined;
  for (const caller of callers) {
    const target = read ?? (await createTarget(route));
    const headers = { ...preconditionOf(route), ...(await credentialsOf(caller, target, route)) };
    const call = { method: route.method, target: target.path, headers, ...contentFor(route) };
    row[caller] = outcomeOf(await send(call));
  }
  return row as Row;
}

describe(file, () => {
  it('is derived from the decorators of the controllers', () => {
    if (withoutLayout(permissionsPage(app)) !== withoutLayout(page)) {
      throw new Error('It differs: run npm run generate:docs, then review who may call each route.');
    }
  });

  it('lists every route, and no other', () => {
    expect(routes.length).toBeGreaterThan(40);
    expect(named.map(([name]) => name)).toEqual(expect.arrayContaining(['GET /livez', 'GET /v1/users/me']));
    expect(Object.keys(matrix).sort()).toEqual(named.map(([name]) => name).sort());
  });

  // A difference means that a handler does not do what its decorators, or the `resourceAccess` of its feature, declare.
  it.each(named)('matches the responses of %s', async (name, route) => {
    expect(await outcomes(route)).toEqual(matrix[name]);
  });
});

describe('A hidden resource', () => {
  const hidden = named.filter(([name]) => matrix[name]?.other === 'hidden' && name.includes(':'));

  it('exists', () => {
    expect(hidden.length).toBeGreaterThan(3);
  });

  it.each(hidden)('returns the same bytes as a missing resource: %s', async (_, route) => {
    const target = await createTarget(route);
    const credentials = await credentialsOf('other', target, route);
    const headers = { ...preconditionOf(route), ...credentials, 'X-Request-Id': 'the-same' };
    const call = { method: route.method, headers, ...contentFor(route) };

    const foreign = await send({ ...call, target: target.path });
    const missing = await send({ ...call, target: route.path.replaceAll(/:\w+/g, unknownUuid) });

    expect(foreign.status).toBe(404);
    expect(withoutDate(foreign)).toEqual(withoutDate(missing));
  });
});

/** Prettier aligns the columns of tables. */
function withoutLayout(text: string): string {
  return text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}

function withoutDate({ status, headers: { date: _, ratelimit: __, ...headers }, text }: ApiResponse): unknown {
  return { status, headers, text };
}
