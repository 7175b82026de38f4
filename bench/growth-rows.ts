import type { Pool } from 'pg';

/** The queue of the pending jobs, which no worker claims from. */
export const growthQueue = 'growth';
export const growthJobType = 'growth.job';

/**
 * Inserts `count` rows of each kind: users with one session each, audit events of the last 300 days, finished jobs of
 * the last 25 days, pending jobs and idempotency records. Ids have the time of their row, as those of the service.
 */
export async function insertGrowthRows(pool: Pool, count: number): Promise<void> {
  for (const statement of statements) await pool.query(statement, [count]);
  await pool.query('VACUUM ANALYZE');
}

/** The share of a period that has passed at row `n` of `$1`. */
const age = (period: string): string => `-(interval '${period}' * n / $1::int)`;

const statements = [
  // 1 % administrators and 0.2 % disabled, all of them created first; 5 % unverified, 2 % deleted.
  `INSERT INTO users (id, email, email_normalized, email_verified_at, roles, disabled_at, deleted_at, created_at)
   SELECT uuidv7(${age('300 days')}), e, e, CASE WHEN n % 20 <> 3 THEN now() END,
     (CASE WHEN n > $1::int * 0.99 THEN '{user,admin}' ELSE '{user}' END)::text[],
     CASE WHEN n > $1::int * 0.998 THEN now() END, CASE WHEN n % 50 = 9 THEN now() END, now() + ${age('300 days')}
   FROM (SELECT n, substr(md5(n::text), 1, 6) || n || '@example.com' AS e FROM generate_series(1, $1::int) AS n) AS g`,
  `INSERT INTO sessions (id, user_id, amr, expires_at)
   SELECT uuidv7(), id, '{pwd}', now() + interval '20 days' FROM users LIMIT $1::int`,
  `INSERT INTO audit_events (id, at, event, outcome, actor_id, subject_id, ip)
   SELECT uuidv7(${age('300 days')}), now() + ${age('300 days')},
     CASE WHEN n % 10 = 0 THEN 'authn_login_fail' ELSE 'authn_login_success' END,
     CASE WHEN n % 10 = 0 THEN 'failure' ELSE 'success' END, u.id, u.id, '127.0.0.1'
   FROM generate_series(1, $1::int) AS n
   JOIN (SELECT id, row_number() OVER (ORDER BY id) AS position FROM users LIMIT 500) AS u
     ON u.position = 1 + n % 500`,
  `INSERT INTO jobs (id, type, queue, owner_id, payload, state, delivery, attempts, max_attempts, run_at, created_at,
     started_at, finished_at)
   SELECT uuidv7(${age('25 days')}), CASE WHEN n % 5 = 0 THEN 'users.export' ELSE '${growthJobType}' END, 'default', u.id,
     '{}', CASE WHEN n % 100 = 0 THEN 'dead' ELSE 'succeeded' END, 'done', 1, 5, at, at, at, at + interval '1 second'
   FROM (SELECT n, now() + ${age('25 days')} AS at FROM generate_series(1, $1::int) AS n) AS g
   JOIN (SELECT id, row_number() OVER (ORDER BY id) AS position FROM users LIMIT 500) AS u
     ON u.position = 1 + n % 500`,
  `INSERT INTO jobs (id, type, queue, payload, state, delivery, fair_at, next_delivery_at, max_attempts, run_at)
   SELECT uuidv7(), '${growthJobType}', '${growthQueue}', '{}', 'queued', 'pending', n, now(), 5, now()
   FROM generate_series(1, $1::int) AS n`,
  `INSERT INTO idempotency_records (scope, key, fingerprint, status, headers, body, expires_at)
   SELECT 'user:' || gen_random_uuid(), gen_random_uuid()::text, '\\x00'::bytea, 201, '{}', '\\x7b7d'::bytea,
     now() + interval '20 hours'
   FROM generate_series(1, $1::int)`,
];
