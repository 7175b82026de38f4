import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { startApp } from '../harness/app/app.ts';
import { withCreatedIds } from '../harness/openapi/example-requests.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { createJob } from '../harness/http/job-calls.ts';
import type { Route } from '../harness/app/routes.ts';
import { routesOf } from '../harness/app/routes.ts';

/*
 * Calls every route of the router as every kind of caller and compares the results with the hand-written table in
 * fixtures/permission-matrix.json. A route without an entry fails.
 */

/** The callers: unauthenticated; another user; the owner; an administrator. */
const callers = ['anonymous', 'other', 'owner', 'admin'] as const;
type Caller = (typeof callers)[number];

/** `hidden` is the 404 for a resource of another user. `in`: the request passed authentication and authorization. */
type Outcome = 'unauthenticated' | 'forbidden' | 'hidden' | 'in';
type Row = Readonly<Record<Caller, Outcome>>;

const file = '../fixtures/permission-matrix.json';
const matrix = JSON.parse(fs.readFileSync(new URL(file, import.meta.url), 'utf8')) as Readonly<Record<string, Row>>;

const { app, api, factory } = await startApp({ AUTH_MAGIC_LINK_ENABLED: 'true' }, [ExampleJobsModule]);
const admin = await factory.admin();
const other = await factory.user({ roles: [] });
const unknownUuid = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const routes = routesOf(app);
/** The ids in the path of a route: `:id`, or `:listId` and `:bookId`. */
const idParameters = /:(?:id|\w+Id)\b/g;
const named = routes.map((route): [string, Route] => [`${route.method} ${route.path}`, route]);

/** The ids in paths: resources of a new user. */
interface Things {
  readonly owner: FactoryUser;
  readonly sessionId: string;
  readonly jobId: string;
}

async function things(): Promise<Things> {
  const owner = await factory.user({ roles: [] });
  // A session that no caller uses: the caller who ends it stays authenticated.
  await api.logIn(owner);
  const { body } = await api.as(owner).get('/v1/auth/sessions');
  const sessions = (body as { data: { id: string; current: boolean }[] }).data;
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  const jobId = await createJob(api.as(owner), { type: 'test.steps', payload: { steps: 0 }, runAt });
  return { owner, sessionId: sessions.find(({ current }) => !current)?.id ?? '', jobId };
}

async function scheduleId(): Promise<string> {
  const { id } = await factory.admin();
  const schedule = { type: 'test.steps', payload: { steps: 0 }, cron: '30 2 * * *', timezone: 'UTC' };
  const { body } = await api.as(admin).post('/v1/job-schedules', schedule);
  return (body as { id?: string }).id ?? id;
}

/** The id in a path of a feature whose resources need more than the example of the document. */
async function idFor(path: string, { owner, sessionId, jobId }: Things): Promise<string> {
  if (path.startsWith('/v1/users/')) return owner.id;
  if (path.startsWith('/v1/auth/sessions/')) return sessionId;
  if (path.startsWith('/v1/jobs/')) return jobId;
  return path.startsWith('/v1/job-schedules/:id') ? await scheduleId() : ':id';
}

/** The path with an existing id for each parameter. */
async function target(path: string, of: Things): Promise<string> {
  const filled = path
    .replace(':id', await idFor(path, of))
    .replace(':name', 'default')
    .replace(':slug', 'forbidden');
  if (filled === '*') return '/nowhere';
  return (await withCreatedIds(filled, api.as(of.owner))).replace('*', 'swagger-ui.css');
}

async function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiResponse> {
  const body = method === 'POST' || method === 'PATCH' ? { body: '{}' } : {};
  const type = method === 'POST' || method === 'PATCH' ? { 'Content-Type': 'application/json' } : {};
  const controller = new AbortController();
  const { signal } = controller;
  const reply = await fetch(api.baseUrl + path, { method, headers: { ...type, ...headers }, ...body, signal });
  // A stream does not end: its headers are enough.
  const isStream = reply.headers.get('content-type') === 'text/event-stream';
  const text = isStream ? '' : await reply.text();
  controller.abort();
  return { status: reply.status, headers: Object.fromEntries(reply.headers), body: undefined, text };
}

/** Each call uses its own session, because some calls end it. */
async function bearerOf(caller: Caller, { owner }: Things): Promise<Record<string, string>> {
  if (caller === 'anonymous') return {};
  const { accessToken } = await api.logIn({ other, owner, admin }[caller]);
  return { Authorization: `Bearer ${accessToken}` };
}

function outcomeOf({ status, text }: ApiResponse): Outcome {
  if (status >= 500) throw new Error(`${status} ${text}`);
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  return status === 404 && text.includes('"/problems/not-found"') ? 'hidden' : 'in';
}

async function outcomes({ method, path }: Route): Promise<Row> {
  const of = await things();
  const at = await target(path, of);
  const row: Partial<Record<Caller, Outcome>> = {};
  // In this order: the owner and the administrator change the resource.
  for (const caller of callers) row[caller] = outcomeOf(await send(method, at, await bearerOf(caller, of)));
  return row as Row;
}

describe('The permission matrix', () => {
  it('has no entry for a removed route', () => {
    const known = new Set(named.map(([name]) => name));

    expect(Object.keys(matrix).filter((name) => !known.has(name))).toEqual([]);
  });

  it('has an entry for every route', () => {
    expect(routes.length).toBeGreaterThan(40);
    expect(named.map(([name]) => name)).toEqual(expect.arrayContaining(['GET /livez', 'GET /v1/users/me']));
  });

  it.each(named)('matches the access to %s', async (name, route) => {
    const row = await outcomes(route);

    const decided = matrix[name];
    if (decided === undefined) {
      throw new Error(
        `The permission matrix has no entry for ${name}. A route requires authentication unless it declares @Public() or ` +
          `@OptionalAuthentication(), allows every user unless it declares @RequirePermissions(), and must return 404 ` +
          `for a resource of another user. Decide, then add an entry to test/${file}. The current access is:\n` +
          `  "${name}": ${JSON.stringify(row)}`,
      );
    }
    expect(row).toEqual(decided);
  });
});

describe('A hidden resource', () => {
  const hidden = named.filter(([name]) => matrix[name]?.other === 'hidden' && name.search(idParameters) >= 0);

  it('exists', () => {
    expect(hidden.length).toBeGreaterThan(3);
  });

  it.each(hidden)('returns the same bytes as a missing resource: %s', async (_, { method, path }) => {
    const of = await things();
    const headers = { ...(await bearerOf('other', of)), 'X-Request-Id': 'the-same' };

    const foreign = await send(method, await target(path, of), headers);
    const missing = await send(method, path.replaceAll(idParameters, unknownUuid), headers);

    expect(foreign.status).toBe(404);
    expect(withoutDate(foreign)).toEqual(withoutDate(missing));
  });
});

function withoutDate({ status, headers: { date: _, ratelimit: __, ...headers }, text }: ApiResponse): unknown {
  return { status, headers, text };
}
