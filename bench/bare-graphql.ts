import { readFileSync } from 'node:fs';
import DataLoader from 'dataloader';
import { fastify } from 'fastify';
import mercurius from 'mercurius';
import { Pool } from 'pg';
import { parseConfig } from '../src/platform/config/config.ts';
import { readEnvironment } from '../src/platform/config/environment.ts';
import type { UserRow } from './user-rows.ts';
import { userColumns, userOf } from './user-rows.ts';

/*
 * The smallest server that executes two queries of the schema: mercurius and node-postgres, with named statements and a
 * DataLoader for each request; no authentication, log, limit, security headers or opaque cursors. The argument: the file
 * of the schema.
 */

const [, , schemaFile = ''] = process.argv;
const { database, http } = parseConfig(readEnvironment());

const usersOfList = {
  name: 'users',
  text: `SELECT ${userColumns} FROM users u WHERE u.deleted_at IS NULL ORDER BY u.created_at DESC, u.id DESC LIMIT $1`,
};
const usersById = {
  name: 'users-by-id',
  text: `SELECT ${userColumns} FROM users u WHERE u.id = ANY ($1) AND u.deleted_at IS NULL`,
};
const events = {
  name: 'events',
  text: `SELECT id, at, event, outcome, actor_id AS "actorId", subject_id AS "subjectId" FROM audit_events
    ORDER BY at DESC, id DESC LIMIT $1`,
};

interface EventRow {
  readonly id: string;
  readonly at: Date;
  readonly actorId: string | null;
  readonly subjectId: string | null;
}

interface Context {
  readonly users: DataLoader<string, object | undefined>;
}

const pool = new Pool({ connectionString: database.url, max: 10 });

function user(row: UserRow): { readonly id: string; readonly [member: string]: unknown } {
  return { ...userOf(row), createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString() };
}

function context(): Context {
  return {
    users: new DataLoader(async (ids) => {
      const { rows } = await pool.query<UserRow>({ ...usersById, values: [ids] });
      const found = new Map(rows.map((row) => [row.id, user(row)]));
      return ids.map((id) => found.get(id));
    }),
  };
}

async function loadUser(id: string | null, of: object): Promise<object | null | undefined> {
  return id === null ? null : await (of as Context).users.load(id);
}

function connection(rows: readonly { readonly id: string }[], first: number): object {
  const nodes = rows.slice(0, first);
  const pageInfo = { hasNextPage: rows.length > first, endCursor: nodes.at(-1)?.id ?? null };
  return { edges: nodes.map((node) => ({ node })), pageInfo };
}

const server = fastify({ keepAliveTimeout: 65_000 });
await server.register(mercurius, {
  schema: readFileSync(schemaFile, 'utf8'),
  context,
  resolvers: {
    Query: {
      users: async (_root: unknown, { first }: { first: number }) => {
        const { rows } = await pool.query<UserRow>({ ...usersOfList, values: [first + 1] });
        return connection(rows.map(user), first);
      },
      auditEvents: async (_root: unknown, { first }: { first: number }) => {
        const { rows } = await pool.query<EventRow>({ ...events, values: [first + 1] });
        return connection(
          rows.map((row) => ({ ...row, at: row.at.toISOString() })),
          first,
        );
      },
    },
    AuditEvent: {
      actor: async ({ actorId }: EventRow, _: unknown, of: object) => await loadUser(actorId, of),
      subject: async ({ subjectId }: EventRow, _: unknown, of: object) => await loadUser(subjectId, of),
    },
  },
});
server.get('/readyz', () => ({ status: 'ok' }));
await server.listen({ host: http.host, port: http.port });
