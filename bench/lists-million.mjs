// Times the lists of a real service on a temporary database with 1,000,000 users, each filter alone and some combined.
// Run by `npm run bench:lists [-- users]`.
import { performance } from 'node:perf_hooks';
import { fetch } from 'undici';
import { hash } from '@node-rs/argon2';
import { withTemporaryService } from './temporary-service.mjs';

const users = Number(process.argv[2] ?? 1_000_000);
const rounds = 9;
const password = 'a password of the benchmark';

const queries = [
  '',
  'role=admin',
  'status=disabled',
  'status=unverified',
  'role=admin&status=active',
  'role=admin&sort=email',
  'status=disabled&sort=email',
  'email=ab',
  'email=ab&sort=email',
  'role=user&status=disabled&email=ab',
];

const options = { settings: { shared_buffers: '512MB' }, variables: { WORKER: 'off' } };
await withTemporaryService(options, async ({ url, pool }) => {
  await makeUsers(pool);
  const token = await logIn(url);
  console.log(`| GET /v1/users of ${users}, median of ${rounds} | ms | with a total |\n| --- | --- | --- |`);
  for (const query of queries) {
    const plain = await time(url, token, query, {});
    const counted = await time(url, token, query, { Prefer: 'return=total-count' });
    console.log(`| \`?${query}\` | ${plain.toFixed(1)} | ${counted.toFixed(1)} |`);
  }
});

/** 1 % administrators, 0.2 % disabled, all created first; 5 % unverified, 2 % deleted. */
async function makeUsers(pool) {
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, roles, disabled_at, deleted_at, created_at)
     SELECT gen_random_uuid(), e, e, CASE WHEN n % 20 <> 3 THEN now() END,
       (CASE WHEN n > $1::int * 0.99 THEN '{user,admin}' ELSE '{user}' END)::text[], CASE WHEN n > $1::int * 0.998 THEN now() END,
       CASE WHEN n % 50 = 9 THEN now() END, now() - n * interval '1 minute'
     FROM (SELECT n, substr(md5(n::text), 1, 6) || n || '@example.com' AS e FROM generate_series(1, $1::int) AS n) AS g`,
    [users],
  );
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, roles, password_hash)
     VALUES (gen_random_uuid(), 'admin@bench.example', 'admin@bench.example', now(), '{user,admin}', $1)`,
    [await hash(password)],
  );
  await pool.query('VACUUM ANALYZE users');
}

async function logIn(url) {
  const reply = await fetch(`${url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'admin@bench.example', password }),
  });
  if (!reply.ok) throw new Error(`The login failed: ${await reply.text()}`);
  return (await reply.json()).accessToken;
}

/** The median of several requests after a first one. */
async function time(url, token, query, headers) {
  const times = [];
  for (let round = 0; round <= rounds; round += 1) {
    const begin = performance.now();
    const reply = await fetch(`${url}/v1/users?${query}`, {
      headers: { Authorization: `Bearer ${token}`, ...headers },
    });
    await reply.text();
    if (!reply.ok) throw new Error(`GET /v1/users?${query}: ${reply.status}`);
    if (round > 0) times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}
