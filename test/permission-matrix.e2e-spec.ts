import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { ApiJobsModule } from './support/api-jobs.ts';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import type { GivenUser } from './support/given.ts';
import { ask } from './support/job-calls.ts';
import type { Route } from './support/routes.ts';
import { routesOf } from './support/routes.ts';

/*
 * Who may call what: every route of the router is called by everybody, and what comes of it is held against the table
 * in fixtures/permission-matrix.json, which people write. A route that nobody has decided about fails.
 */

/** Those who call: nobody; a user with nothing to do with it; the user it belongs to or is about; an administrator. */
const callers = ['anonymous', 'other', 'owner', 'admin'] as const;
type Caller = (typeof callers)[number];

/** `hidden` is the 404 of what is somebody else's. `in`: whatever comes of it, nobody asked who is calling any more. */
type Outcome = 'unauthenticated' | 'forbidden' | 'hidden' | 'in';
type Row = Readonly<Record<Caller, Outcome>>;

const file = 'fixtures/permission-matrix.json';
const matrix = JSON.parse(fs.readFileSync(new URL(file, import.meta.url), 'utf8')) as Readonly<Record<string, Row>>;

const { app, api, given } = await start({ AUTH_MAGIC_LINK: 'true' }, [ApiJobsModule]);
const admin = await given.admin();
const other = await given.user();
const nobody = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const routes = routesOf(app);
const named = routes.map((route): [string, Route] => [`${route.method} ${route.path}`, route]);

/** What a route is called with that is about something: things of a user whom nobody has called before. */
interface Things {
  readonly owner: GivenUser;
  readonly sessionId: string;
  readonly jobId: string;
}

async function things(): Promise<Things> {
  const owner = await given.user();
  // A session that nobody calls with: whoever ends it can still call.
  await api.logIn(owner);
  const { body } = await api.as(owner).get('/v1/auth/sessions');
  const sessions = (body as { data: { id: string; current: boolean }[] }).data;
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  const jobId = await ask(api.as(owner), { type: 'test.steps', payload: { steps: 0 }, runAt });
  return { owner, sessionId: sessions.find(({ current }) => !current)?.id ?? '', jobId };
}

async function scheduleId(): Promise<string> {
  const { id } = await given.admin();
  const wish = { type: 'test.steps', payload: { steps: 0 }, cron: '30 2 * * *', timezone: 'UTC' };
  const { body } = await api.as(admin).post('/v1/job-schedules', wish);
  return (body as { id?: string }).id ?? id;
}

async function idFor(path: string, { owner, sessionId, jobId }: Things): Promise<string> {
  if (path.startsWith('/v1/users/')) return owner.id;
  if (path.startsWith('/v1/auth/sessions/')) return sessionId;
  if (path.startsWith('/v1/jobs/')) return jobId;
  if (path.startsWith('/v1/job-schedules/')) return await scheduleId();
  throw new Error(`What is the id in ${path}? Tell idFor() in this test how such a thing is made.`);
}

/** The path with something real in place of each parameter. */
async function target(path: string, of: Things): Promise<string> {
  const id = path.includes(':id') ? await idFor(path, of) : '';
  const filled = path.replace(':id', id).replace(':name', 'default').replace(':slug', 'forbidden');
  if (filled === '*') return '/nowhere';
  if (filled.includes(':')) throw new Error(`Tell target() in this test what to put into ${path}`);
  return filled.replace('*', 'swagger-ui.css');
}

async function send(method: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const body = method === 'POST' || method === 'PATCH' ? { body: '{}' } : {};
  const type = method === 'POST' || method === 'PATCH' ? { 'Content-Type': 'application/json' } : {};
  const controller = new AbortController();
  const { signal } = controller;
  const reply = await fetch(api.baseUrl + path, { method, headers: { ...type, ...headers }, ...body, signal });
  // A stream has no end; that it has begun is enough.
  const isStream = reply.headers.get('content-type') === 'text/event-stream';
  const text = isStream ? '' : await reply.text();
  controller.abort();
  return { status: reply.status, headers: Object.fromEntries(reply.headers), body: undefined, text };
}

/** Each call is made in a session of its own: some of them end it. */
async function bearerOf(caller: Caller, { owner }: Things): Promise<Record<string, string>> {
  if (caller === 'anonymous') return {};
  const { accessToken } = await api.logIn({ other, owner, admin }[caller]);
  return { Authorization: `Bearer ${accessToken}` };
}

function outcomeOf({ status, text }: Reply): Outcome {
  if (status >= 500) throw new Error(`${status} ${text}`);
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  return status === 404 && text.includes('"/problems/not-found"') ? 'hidden' : 'in';
}

async function outcomes({ method, path }: Route): Promise<Row> {
  const of = await things();
  const at = await target(path, of);
  const row: Partial<Record<Caller, Outcome>> = {};
  // In this order: what the owner or an administrator changes is there for those before them.
  for (const caller of callers) row[caller] = outcomeOf(await send(method, at, await bearerOf(caller, of)));
  return row as Row;
}

describe('The matrix of permissions', () => {
  it('has no line for a route that is gone', () => {
    const known = new Set(named.map(([name]) => name));

    expect(Object.keys(matrix).filter((name) => !known.has(name))).toEqual([]);
  });

  it('is about all that the router has', () => {
    expect(routes.length).toBeGreaterThan(40);
    expect(named.map(([name]) => name)).toEqual(expect.arrayContaining(['GET /livez', 'GET /v1/users/me']));
  });

  it.each(named)('says who may call %s', async (name, route) => {
    const row = await outcomes(route);

    const decided = matrix[name];
    if (decided === undefined) {
      throw new Error(
        `Nobody has decided who may call ${name}. Every route is closed unless it says @Public() or ` +
          `@OptionalAuthentication(), open to every user unless it says @RequirePermissions(), and what belongs to ` +
          `somebody must be a 404 to others. Decide, then write a line into test/${file}. As it is now:\n` +
          `  "${name}": ${JSON.stringify(row)}`,
      );
    }
    expect(row).toEqual(decided);
  });
});

describe('What is hidden from others', () => {
  const hidden = named.filter(([name]) => matrix[name]?.other === 'hidden' && name.includes(':id'));

  it('is there', () => {
    expect(hidden.length).toBeGreaterThan(3);
  });

  it.each(hidden)('is to them, byte for byte, what is not there at all: %s', async (_, { method, path }) => {
    const of = await things();
    const headers = { ...(await bearerOf('other', of)), 'X-Request-Id': 'the-same' };

    const foreign = await send(method, await target(path, of), headers);
    const missing = await send(method, path.replace(':id', nobody), headers);

    expect(foreign.status).toBe(404);
    expect(withoutDate(foreign)).toEqual(withoutDate(missing));
  });
});

function withoutDate({ status, headers: { date: _, ratelimit: __, ...headers }, text }: Reply): unknown {
  return { status, headers, text };
}
