import { describe, expect, it } from '@jest/globals';
import type { Json, PlacedOperation } from './support/api-document.ts';
import { namedSchemas } from './support/api-document.ts';
import { start } from './support/app.ts';
import { those } from './support/example-requests.ts';
import { judgedFetch } from './support/judged-fetch.ts';
import { resolved } from './support/resolved-schemas.ts';

/*
 * Members that a client has no business to set, in the body of every operation of the document that writes, also of
 * those that are yet to be written (OWASP API3:2023, ASVS 15.3.3).
 */

const { api, given, database } = await start({ AUTH_MAGIC_LINK: 'true' });
const admin = await given.admin();
const { accessToken } = await api.tokensOf(admin);
const victim = await given.user();

const forged: Json = {
  id: admin.id,
  userId: admin.id,
  ownerId: admin.id,
  roles: ['user', 'admin'],
  permissions: ['users:write'],
  isAdmin: true,
  email: 'forged@example.com',
  emailVerifiedAt: '2026-01-01T00:00:00Z',
  passwordHash: 'forged',
  version: 1,
  disabledAt: null,
  deletedAt: null,
  createdAt: '2026-01-01T00:00:00Z',
};

/** What the operation's own body has, by the document. */
function membersOf({ requestBody }: PlacedOperation): readonly string[] {
  const { schema } = requestBody?.content['application/json'] ?? {};
  const { properties = {} } = schema === undefined ? {} : resolved(schema, { components: { schemas: namedSchemas } });
  return Object.keys(properties);
}

/** All that a forged member could have got into; the log of news and the audit of failures are no such thing. */
async function everything(): Promise<unknown> {
  const tables = ['users', 'sessions', 'refresh_tokens', 'mailed_tokens', 'mails', 'job_schedules'];
  const parts = tables.map((table) => `(SELECT json_agg(t ORDER BY t.id) FROM ${table} t) AS ${table}`);
  // Jobs go on by themselves, and those of schedules come by themselves.
  parts.push('(SELECT json_agg(id ORDER BY id) FROM jobs WHERE schedule_id IS NULL) AS jobs');
  // What the scheduler does meanwhile is nobody's request.
  await database.pool.query('UPDATE job_schedules SET paused_at = coalesce(paused_at, now())');
  return (await database.pool.query(`SELECT ${parts.join(', ')}`)).rows;
}

describe('Members that nobody may set', () => {
  it.each(those(({ method }) => method !== 'GET'))('are refused by name, and nothing is changed: %s', async (_, to) => {
    const own = membersOf(to);
    const extra = Object.fromEntries(Object.entries(forged).filter(([name]) => !own.includes(name)));
    const example = to.requestBody?.content['application/json'].example ?? {};
    const before = await everything();

    const reply = await judgedFetch(
      new Request(api.baseUrl + to.path.replace('{id}', victim.id).replace('{name}', 'default'), {
        method: to.method,
        headers: { 'Content-Type': 'application/json', 'If-Match': '*', Authorization: `Bearer ${accessToken}` },
        body: JSON.stringify({ ...example, ...extra }),
      }),
    );

    const { errors } = (await reply.json()) as { errors: { pointer: string; code: string }[] };
    expect(reply.status).toBe(422);
    const refused = errors.filter(({ code }) => code === 'unknown_member').map(({ pointer }) => pointer.slice(2));
    // Where no body is read, the body itself is what is not known.
    expect(refused.sort()).toEqual(to.requestBody === undefined ? [''] : Object.keys(extra).sort());
    expect(Object.keys(extra).length).toBeGreaterThan(8);
    expect(await everything()).toEqual(before);
  });
});
