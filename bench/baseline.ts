import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { importJWK, jwtVerify } from 'jose';
import { Pool } from 'pg';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { parseConfig } from '../src/platform/config/config.ts';
import { derivedKeys } from '../src/platform/crypto/derived-key.ts';
import { readEnvironment } from '../src/platform/config/environment.ts';
import { urlOf } from '../src/platform/database/database.ts';
import { directSession } from '../src/platform/database/session.ts';
import { CursorCodec } from '../src/platform/http/pagination/cursor.ts';
import { NotFound } from '../src/platform/http/problem/http.errors.ts';
import { problemCode, problemType } from '../src/platform/http/problem/problem-kind.ts';
import type { UserRow } from './user-rows.ts';
import { noSecondFactor, userColumns, userOf } from './user-rows.ts';

/*
 * The hand-written baseline: GET /problems/not-found, /v1/users/me and /v1/users with Fastify and node-postgres alone. The same checks,
 * the queries that are needed, one log line, the same response. The signature of a token is verified once.
 */

interface OwnRow extends UserRow {
  readonly version: number;
}

interface ListedRow extends UserRow {
  readonly position: string;
}

interface ListQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

const config = parseConfig(readEnvironment());
const cursors = new CursorCodec(derivedKeys(config.service, 'cursors'));
const allPermissions = permissionsIn(join(import.meta.dirname, '../../../docs/openapi.json'));
const permissionsTag = createHash('sha256').update(allPermissions.join()).digest('hex').slice(0, 8);
const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none';base-uri 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  vary: 'Origin',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};
const isLive = `s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now() AND u.disabled_at IS NULL
  AND u.deleted_at IS NULL`;
const position = `to_char(u.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS position`;
const statements = {
  me: {
    name: 'me',
    text: `SELECT ${userColumns}, u.version FROM sessions s JOIN users u ON u.id = s.user_id WHERE ${isLive}`,
  },
  caller: { name: 'caller', text: `SELECT u.roles FROM sessions s JOIN users u ON u.id = s.user_id WHERE ${isLive}` },
  first: {
    name: 'first',
    text: `SELECT ${userColumns}, ${position} FROM users u WHERE u.deleted_at IS NULL
      ORDER BY u.created_at DESC, u.id DESC LIMIT $1`,
  },
  next: {
    name: 'next',
    text: `SELECT ${userColumns}, ${position} FROM users u
      WHERE u.deleted_at IS NULL AND (u.created_at, u.id) < ($2::timestamptz, $3::uuid)
      ORDER BY u.created_at DESC, u.id DESC LIMIT $1`,
  },
};

const pool = new Pool({ ...directSession(urlOf(config.database)), max: config.database.poolMax });
const log = pino({ timestamp: () => `,"time":"${new Date().toISOString()}"` });
const server = fastify({ genReqId: () => uuidv7(), keepAliveTimeout: 65_000 });
const callers = new WeakMap<FastifyRequest, string>();
const windows = new Map<string, { hits: number; endsAt: number }>();
const goodTokens = new Map<string, JWTPayload>();
const keys = new Map<string, CryptoKey | Uint8Array>();

server.addHook('onRequest', (request, reply, done) => {
  void reply.headers(securityHeaders).header('x-request-id', request.id);
  done();
});

server.addHook('onResponse', (request, reply, done) => {
  log.info(
    {
      method: request.method,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      requestId: request.id,
      ip: request.ip,
      principalId: callers.get(request),
      route: request.routeOptions.url,
    },
    'request',
  );
  done();
});

server.get('/readyz', async () => {
  await pool.query('SELECT 1');
  return { status: 'ok' };
});

const { status, title, description, resolution } = NotFound.kind;
const type = problemType(NotFound.kind);
const problem = { type, code: problemCode(NotFound.kind), status, title, description, resolution };

server.get('/problems/not-found', (request, reply) => {
  count(reply, `address ${request.ip}`);
  void reply.header('vary', 'Origin, Accept').send(problem);
});

server.get('/v1/users/me', async (request, reply) => {
  const { sub, sid } = await claimsOf(request);
  const { rows } = await pool.query<OwnRow>({ ...statements.me, values: [sid, sub] });
  const [user] = rows;
  if (user === undefined) return await refuse(reply);
  admit(request, reply, user.id);
  void reply.headers({
    ETag: `"${user.version}-${permissionsTag}"`,
    'Cache-Control': 'private, no-cache',
  });
  const permissions = user.roles.includes('admin') ? allPermissions : [];
  return { ...userOf(user), permissions, mfa: noSecondFactor };
});

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 100 },
    cursor: { type: 'string', maxLength: 1024, pattern: '^[^\\x00]*$' },
  },
};

server.get<{ Querystring: ListQuery }>('/v1/users', { schema: { querystring } }, async (request, reply) => {
  const { sub = '', sid } = await claimsOf(request);
  const { rows: found } = await pool.query<Pick<UserRow, 'roles'>>({ ...statements.caller, values: [sid, sub] });
  if (found[0]?.roles.includes('admin') !== true) return await refuse(reply);
  admit(request, reply, sub);
  const { limit = 20, cursor } = request.query;
  const scope = JSON.stringify(['/v1/users', {}, sub, [['sort', '-createdAt']]]);
  const from = cursor === undefined ? undefined : cursors.decode(cursor, scope);
  const { rows } = await pool.query<ListedRow>(
    from === undefined
      ? { ...statements.first, values: [limit + 1] }
      : { ...statements.next, values: [limit + 1, ...from.keys] },
  );
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const next = last === undefined ? null : cursors.encode({ keys: [last.position, last.id], direction: 'next' }, scope);
  const first = page.at(0);
  const prev =
    from === undefined || first === undefined
      ? null
      : cursors.encode({ keys: [first.position, first.id], direction: 'prev' }, scope);
  const url = `${config.service.publicUrl}/v1/users?limit=${limit}`;
  const links = [`<${url}>; rel="first"`];
  if (prev !== null) links.push(`<${url}&cursor=${prev}>; rel="prev"`);
  if (next !== null) links.push(`<${url}&cursor=${next}>; rel="next"`);
  void reply.header('Link', links.join(', '));
  return { data: page.map(userOf), page: { next, prev, hasMore: next !== null } };
});

await server.listen({ host: config.http.host, port: config.http.port });

async function claimsOf(request: FastifyRequest): Promise<JWTPayload> {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
  const digest = createHash('sha256').update(token).digest('base64');
  const known = goodTokens.get(digest);
  if (known !== undefined && (known.exp ?? 0) > Date.now() / 1000) return known;
  const claims = await verified(token);
  goodTokens.set(digest, claims);
  return claims;
}

async function verified(token: string): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, async ({ kid = '' }) => keys.get(kid) ?? (await keyOf(kid)), {
    algorithms: ['ES256'],
    typ: 'at+jwt',
    issuer: config.auth.issuer,
    audience: config.auth.audience,
    clockTolerance: 5,
  });
  return payload;
}

async function keyOf(kid: string): Promise<CryptoKey | Uint8Array> {
  const { rows } = await pool.query<{ public_jwk: JWK }>('SELECT public_jwk FROM signing_keys WHERE kid = $1', [kid]);
  if (rows[0] === undefined) throw new Error('Unknown key');
  const key = await importJWK(rows[0].public_jwk, 'ES256');
  keys.set(kid, key);
  return key;
}

/** Counts the request for the rate limit, as the service does. */
function admit(request: FastifyRequest, reply: FastifyReply, userId: string): void {
  callers.set(request, userId);
  count(reply, `user ${userId}`);
}

function count(reply: FastifyReply, key: string): void {
  const { requests, windowSeconds } = config.http.rateLimit;
  const now = performance.now();
  let window = windows.get(key);
  if (window === undefined || window.endsAt <= now) {
    window = { hits: 0, endsAt: now + windowSeconds * 1000 };
    windows.set(key, window);
  }
  window.hits += 1;
  if (window.hits > requests) throw new Error('Too many requests');
  void reply.headers({
    'RateLimit-Policy': `"default";q=${requests};w=${windowSeconds}`,
    RateLimit: `"default";r=${requests - window.hits};t=${Math.ceil((window.endsAt - now) / 1000)}`,
  });
}

async function refuse(reply: FastifyReply): Promise<object> {
  return await reply.status(401).send({ status: 401 });
}

/** The permissions of an administrator, from the OpenAPI document, whose path starts at the compiled file. */
function permissionsIn(file: string): string[] {
  const document = JSON.parse(readFileSync(file, 'utf8')) as {
    components: { schemas: { Permission: { enum: string[] } } };
  };
  return document.components.schemas.Permission.enum;
}
