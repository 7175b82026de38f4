import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { dispatchStatements } from '../src/platform/queue/dispatch/postgres/claims.repository.ts';
import { accessToken, password } from '../test/faults/caller.ts';
import { waitUntil } from '../test/harness/process/wait-until.ts';
import { growthJobType, growthQueue } from './growth-rows.ts';

/** A service whose database has a number of rows of each kind. */
export interface GrownService {
  readonly url: string;
  readonly pool: Pool;
  readonly token: string;
  /** A user with sessions and audit events. */
  readonly userId: string;
}

/** Does something once and returns how long it took, in milliseconds. */
type Operation = (service: GrownService) => Promise<number>;

const email = 'admin@growth.example';
/** The first one of a large database moves many rows. */
const longestCleanupMs = 900_000;
const withTotal = { Prefer: 'return=total-count' };
const middleOfHistory = encodeURIComponent(new Date(Date.now() - 150 * 86_400_000).toISOString());

/** Creates an administrator, who calls the service. */
export async function openGrownService(url: string, pool: Pool): Promise<GrownService> {
  const {
    rows: [user],
  } = await pool.query<{ id: string }>('SELECT subject_id AS id FROM audit_events ORDER BY at LIMIT 1');
  if (user === undefined) throw new Error('There are no audit events');
  return { url, pool, token: await accessToken(url, pool, { email, role: 'admin' }), userId: user.id };
}

/** What is measured, in the order of the table. */
export const growthOperations: Readonly<Record<string, Operation>> = {
  'GET /v1/users': get('/v1/users'),
  'GET /v1/users with a total': get('/v1/users', withTotal),
  'GET /v1/users?createdBefore=, in the middle': get(`/v1/users?createdBefore=${middleOfHistory}`),
  'GET /v1/users?role=admin': get('/v1/users?role=admin'),
  'GET /v1/users?role=admin with a total': get('/v1/users?role=admin', withTotal),
  'GET /v1/users?role=admin&sort=email': get('/v1/users?role=admin&sort=email'),
  'GET /v1/users?role=admin&status=active': get('/v1/users?role=admin&status=active'),
  'GET /v1/users?status=unverified': get('/v1/users?status=unverified'),
  'GET /v1/users?status=disabled&sort=email': get('/v1/users?status=disabled&sort=email'),
  'GET /v1/users?email=ab&sort=email': get('/v1/users?email=ab&sort=email'),
  'GET /v1/users?role=user&status=disabled&email=ab': get('/v1/users?role=user&status=disabled&email=ab'),
  'GET /v1/users/{id}': async (service) => await get(`/v1/users/${service.userId}`)(service),
  'GET /v1/users/{id}/sessions': async (service) => await get(`/v1/users/${service.userId}/sessions`)(service),
  'GET /v1/users/{id}/audit-events': async (service) => await get(`/v1/users/${service.userId}/audit-events`)(service),
  'GET /v1/audit-events': get('/v1/audit-events'),
  'GET /v1/audit-events?until=, in the middle': get(`/v1/audit-events?until=${middleOfHistory}`),
  'GET /v1/audit-events?event=authn_login_fail': get('/v1/audit-events?event=authn_login_fail'),
  'GET /v1/audit-events?subjectId=': async (service) =>
    await get(`/v1/audit-events?subjectId=${service.userId}&sort=at`)(service),
  'GET /v1/jobs': get('/v1/jobs'),
  'GET /v1/jobs?state=dead': get('/v1/jobs?state=dead'),
  'GET /v1/jobs?type=users.export&state=dead': get('/v1/jobs?type=users.export&state=dead'),
  'POST /v1/auth/login': async ({ url }) => await send(url, 'POST', '/v1/auth/login', {}, { email, password }),
  'POST /v1/users with a key': async ({ url, token }) =>
    await send(
      url,
      'POST',
      '/v1/users',
      { ...bearer(token), 'Idempotency-Key': uuidv7() },
      { email: `${uuidv7()}@example.com` },
    ),
  'claim of ten jobs': async ({ pool }) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const begin = performance.now();
      await client.query(dispatchStatements.claim, [growthQueue, 10, [growthJobType], 10]);
      return performance.now() - begin;
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  },
  'retention cleanup, 1,000 expired records': async ({ pool }) => {
    await pool.query(
      `INSERT INTO idempotency_records (scope, key, fingerprint, status, headers, expires_at)
       SELECT 'user:' || gen_random_uuid(), 'expired', '\\x00'::bytea, 201, '{}', now() - interval '1 hour'
       FROM generate_series(1, 1000)`,
    );
    return await cleanUp(pool);
  },
};

/** Runs the cleanup and waits for its end. */
export async function cleanUp(pool: Pool): Promise<number> {
  const {
    rows: [schedule],
  } = await pool.query<{ at: Date }>(
    `UPDATE job_schedules SET paused_at = NULL, next_run_at = now() WHERE name = 'retention-cleanup' RETURNING now() AS at`,
  );
  return await waitUntil(
    'the cleanup ends',
    async () => {
      const {
        rows: [job],
      } = await pool.query<{ ms: number }>(
        `SELECT extract(epoch FROM finished_at - started_at)::float8 * 1000 AS ms FROM jobs
         WHERE type = 'retention.cleanup' AND state = 'succeeded' AND created_at >= $1`,
        [schedule?.at],
      );
      return job?.ms;
    },
    longestCleanupMs,
  );
}

function get(path: string, headers: Record<string, string> = {}): Operation {
  return async ({ url, token }) => await send(url, 'GET', path, { ...bearer(token), ...headers });
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function send(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: object,
): Promise<number> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const begin = performance.now();
  const reply = await fetch(`${url}${path}`, { method, headers: { ...headers, ...type }, ...json });
  await reply.arrayBuffer();
  const ms = performance.now() - begin;
  if (!reply.ok) throw new Error(`${method} ${path} returned ${reply.status}`);
  return ms;
}
