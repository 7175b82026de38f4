import { readFileSync } from 'node:fs';
import { fastify } from 'fastify';
import { Pool } from 'pg';
import { parseConfig } from '../src/platform/config/config.ts';
import { readEnvironment } from '../src/platform/config/environment.ts';
import type { UserRow } from './user-rows.ts';
import { noSecondFactor, userColumns, userOf } from './user-rows.ts';

/*
 * The lean baseline: the smallest server that returns the same bodies by Fastify and node-postgres. Named statements and
 * serializers that Fastify compiles from response schemas; no authentication, log, limit, security headers or cursors.
 * The arguments: the id of the user at /v1/users/me and a file with the constants of the bodies.
 */

const [, , userId = '', constantsFile = ''] = process.argv;
const { database, http } = parseConfig(readEnvironment());

interface Constants {
  readonly problem: object;
  readonly permissions: readonly string[];
}

const { problem, permissions } = JSON.parse(readFileSync(constantsFile, 'utf8')) as Constants;
const me = { name: 'me', text: `SELECT ${userColumns} FROM users u WHERE u.id = $1 AND u.deleted_at IS NULL` };
const list = {
  name: 'list',
  text: `SELECT ${userColumns} FROM users u WHERE u.deleted_at IS NULL ORDER BY u.created_at DESC, u.id DESC LIMIT $1`,
};

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const optionalText = { type: ['string', 'null'] } as const;
const time = { type: 'string', format: 'date-time' } as const;
const userProperties = {
  id: text,
  email: text,
  emailVerified: { type: 'boolean' },
  displayName: optionalText,
  locale: text,
  timezone: text,
  roles: texts,
  status: text,
  createdAt: time,
  updatedAt: time,
} as const;
const mfa = { type: 'object', properties: { methods: texts, recoveryCodesLeft: { type: 'integer' } } } as const;
const meSchema = { type: 'object', properties: { ...userProperties, permissions: texts, mfa } } as const;
const page = { next: optionalText, prev: optionalText, hasMore: { type: 'boolean' } } as const;
const listSchema = {
  type: 'object',
  properties: {
    data: { type: 'array', items: { type: 'object', properties: userProperties } },
    page: { type: 'object', properties: page },
  },
} as const;
const problemSchema = {
  type: 'object',
  properties: { type: text, code: text, status: { type: 'integer' }, title: text, description: text, resolution: text },
} as const;
const querystring = {
  type: 'object',
  properties: { limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
} as const;

const pool = new Pool({ connectionString: database.url, max: 10 });
const server = fastify({ keepAliveTimeout: 65_000 });

server.get('/readyz', () => ({ status: 'ok' }));

server.get('/problems/not-found', { schema: { response: { 200: problemSchema } } }, (_request, reply) => {
  void reply.send(problem);
});

server.get('/v1/users/me', { schema: { response: { 200: meSchema } } }, async () => {
  const { rows } = await pool.query<UserRow>({ ...me, values: [userId] });
  const [user] = rows;
  if (user === undefined) throw new Error('The user does not exist');
  return { ...userOf(user), permissions, mfa: noSecondFactor };
});

server.get<{ Querystring: { limit: number } }>(
  '/v1/users',
  { schema: { querystring, response: { 200: listSchema } } },
  async ({ query: { limit } }) => {
    const { rows } = await pool.query<UserRow>({ ...list, values: [limit + 1] });
    const data = rows.slice(0, limit).map(userOf);
    const hasMore = rows.length > limit;
    return { data, page: { next: hasMore ? (data.at(-1)?.id ?? null) : null, prev: null, hasMore } };
  },
);

await server.listen({ host: http.host, port: http.port });
