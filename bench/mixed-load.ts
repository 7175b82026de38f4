import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { SeededSession } from './seeded-sessions.ts';

/** The sessions that send requests, and the duration. */
export interface MixedOrder {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  readonly sessions: readonly SeededSession[];
  readonly password: string;
}

/** The number of responses by operation and status. */
export interface MixedResult {
  readonly requests: number;
  readonly responses: Readonly<Record<string, number>>;
}

interface Session {
  readonly email: string;
  readonly isAdmin: boolean;
  refreshToken: string;
  accessToken: string | undefined;
  uses: number;
  busy: boolean;
}

/** Requests with one access token before its session is refreshed: a new token is a new cache entry. */
const usesPerToken = 10;

let order: MixedOrder;
let agent: Agent;
let sessions: Session[] = [];
let made = 0;
const jobs: string[] = [];
const responses: Record<string, number> = {};

/*
 * The clients, in a separate process.
 */

process.on('message', (given: MixedOrder) => {
  void run(given).then((result) => process.send?.(result));
});
process.once('disconnect', () => process.exit(0));
process.send?.({ url: '' });

async function run(given: MixedOrder): Promise<MixedResult> {
  order = given;
  agent = new Agent({ connections: given.connections });
  sessions = given.sessions.map((session) => ({ ...session, accessToken: undefined, uses: 0, busy: false }));
  const end = Date.now() + given.seconds * 1000;
  await Promise.all(
    Array.from({ length: given.connections }, async () => {
      while (Date.now() < end) await turn();
    }),
  );
  return { requests: Object.values(responses).reduce((sum, count) => sum + count, 0), responses };
}

/** The next request of a session; weights add up to 100. */
const operations: readonly (readonly [weight: number, work: (session: Session) => Promise<unknown>])[] = [
  [30, async (session) => await send('GET /v1/users/me', session)],
  [20, listUsers],
  [8, patchMe],
  [8, async (session) => await send('GET /v1/auth/sessions', session)],
  [6, invite],
  [6, exportUsers],
  [4, readJob],
  [4, async (session) => await send('GET /v1/jobs?limit=50', session)],
  [4, async (session) => await send('GET /v1/audit-events?limit=100', session)],
  [3, async (session) => await send(`GET /nothing/${random()}`, session)],
  [3, async () => await send('GET /v1/users/me', { accessToken: `made.up.${random()}` })],
  [1, async () => await send('GET /docs/openapi.json', undefined)],
  [1, register],
  [1, logInAgain],
  [1, async () => await send('POST /v1/auth/password/forgot', undefined, { email: `${random()}@example.com` })],
];

async function turn(): Promise<void> {
  const session = sessions[Math.floor(Math.random() * sessions.length)];
  if (session === undefined || session.busy) {
    await delay(1);
    return;
  }
  session.busy = true;
  try {
    if (session.accessToken === undefined || session.uses >= usesPerToken) await refresh(session);
    session.uses += 1;
    await pick()(session);
  } finally {
    session.busy = false;
  }
}

function pick(): (session: Session) => Promise<unknown> {
  let left = Math.random() * 100;
  for (const [weight, work] of operations) if ((left -= weight) < 0) return work;
  return listUsers;
}

async function refresh(session: Session): Promise<void> {
  const { body } = await send('POST /v1/auth/refresh', undefined, { refreshToken: session.refreshToken });
  take(session, body);
}

async function logInAgain(session: Session): Promise<void> {
  await send('POST /v1/auth/logout', session, { refreshToken: session.refreshToken });
  const { body } = await send('POST /v1/auth/login', undefined, { email: session.email, password: order.password });
  take(session, body);
}

function take(session: Session, body: string): void {
  if (!body.includes('"refreshToken"')) return;
  const { accessToken, refreshToken } = JSON.parse(body) as { accessToken: string; refreshToken: string };
  Object.assign(session, { accessToken, refreshToken, uses: 0 });
}

async function listUsers(session: Session): Promise<void> {
  const sort = oneOf(['createdAt', '-createdAt', 'email', '-email']);
  const filter = oneOf(['', '&status=active', '&role=admin', `&email=p${Math.floor(Math.random() * 10)}`]);
  let path = `/v1/users?limit=${oneOf([20, 50, 100])}&sort=${sort}${filter}`;
  for (let page = 0; page < 3; page += 1) {
    const { status, body } = await send(`GET ${path}`, session);
    if (status !== 200) return;
    const { page: at } = JSON.parse(body) as { page: { next: string | null } };
    if (at.next === null) return;
    path = `${path.replace(/&cursor=.*/, '')}&cursor=${at.next}`;
  }
}

async function patchMe(session: Session): Promise<void> {
  await send('PATCH /v1/users/me', session, { displayName: `Person ${random()}` }, keyed({ 'if-match': '*' }));
}

async function invite(session: Session): Promise<void> {
  await send('POST /v1/users', session, { email: `p${random()}@example.com` }, keyed());
}

async function exportUsers(session: Session): Promise<void> {
  // Most exports are small; some are of all users.
  const email = Math.random() < 0.05 ? {} : { email: `p${random().slice(0, 2)}` };
  const payload = { format: oneOf(['csv', 'ndjson']), ...email };
  const { status, body } = await send('POST /v1/jobs', session, { type: 'users.export', payload }, keyed());
  if (status !== 202) return;
  jobs.push((JSON.parse(body) as { id: string }).id);
  if (jobs.length > 100) jobs.shift();
}

/** Follows a job to its end, and downloads its file. */
async function readJob(session: Session): Promise<void> {
  const id = jobs[Math.floor(Math.random() * jobs.length)];
  if (id === undefined) return;
  await send(`GET /v1/jobs/${id}/events`, session);
  await send(`GET /v1/jobs/${id}/artifact`, session);
}

async function register(): Promise<void> {
  await send('POST /v1/auth/register', undefined, { email: `p${random()}@example.com`, password: order.password });
}

function keyed(headers: Record<string, string> = {}): Record<string, string> {
  return { ...headers, 'idempotency-key': random() };
}

async function send(
  what: string,
  session: { readonly accessToken?: string | undefined } | undefined,
  body?: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const [method = '', path = ''] = what.split(' ');
  const { url } = order;
  const template = `${method} ${path.replace(/\?.*/, '').replaceAll(/\/[0-9a-f-]{16,}/g, '/…')}`;
  try {
    const reply = await request(url + path, {
      method: method as 'GET',
      dispatcher: agent,
      headers: {
        // As one proxy sends it, so that the service sees many IP addresses.
        'x-forwarded-for': address(),
        ...(session?.accessToken === undefined ? {} : { authorization: `Bearer ${session.accessToken}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.body.text();
    count(`${template} ${reply.statusCode}`);
    return { status: reply.statusCode, body: text };
  } catch (error) {
    count(`${template} ${error instanceof Error && 'code' in error ? String(error.code) : 'failed'}`);
    await delay(50);
    return { status: 0, body: '' };
  }
}

function count(response: string): void {
  responses[response] = (responses[response] ?? 0) + 1;
}

function address(): string {
  return [10, ...Array.from({ length: 3 }, () => Math.floor(Math.random() * 256))].join('.');
}

function random(): string {
  made += 1;
  return `${made.toString(16).padStart(8, '0')}${Math.random().toString(16).slice(2, 12).padEnd(10, '0')}`;
}

function oneOf<T>(values: readonly [T, ...T[]]): T {
  return values[Math.floor(Math.random() * values.length)] ?? values[0];
}
