// Times the lists of a real service on a temporary database with 1,000,000 users, each filter alone and some combined.
// Run by `npm run bench:lists [-- users]`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fetch } from 'undici';
import { hash } from '@node-rs/argon2';
import pg from 'pg';
import { startEmbedded } from '../dist/platform/dev-postgres/dev-postgres.js';

const users = Number(process.argv[2] ?? 1_000_000);
const rounds = 9;
const password = 'a password of the benchmark';
const main = join(import.meta.dirname, '../dist/main.js');

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

const folder = mkdtempSync(join(tmpdir(), 'plinth-lists-'));
// When root runs this, the server runs as another user and must have access.
chmodSync(folder, 0o755);
const settings = { fsync: 'off', max_wal_size: '4GB', shared_buffers: '512MB' };
const server = await startEmbedded({ dataDir: folder, settings });
const service = startService(server.url);
try {
  const url = await ready(service);
  const pool = new pg.Pool({ connectionString: server.url, max: 2 });
  await makeUsers(pool);
  await pool.end();
  const token = await logIn(url);
  console.log(`| GET /v1/users of ${users}, median of ${rounds} | ms | with a total |\n| --- | --- | --- |`);
  for (const query of queries) {
    const plain = await time(url, token, query, {});
    const counted = await time(url, token, query, { Prefer: 'return=total-count' });
    console.log(`| \`?${query}\` | ${plain.toFixed(1)} | ${counted.toFixed(1)} |`);
  }
} finally {
  if (service.kill('SIGTERM')) await once(service, 'exit');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

function startService(databaseUrl) {
  // Nothing else of this process's environment is inherited.
  const { PATH, HOME } = process.env;
  const own = { DATABASE_URL: databaseUrl, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn', WORKER: 'off' };
  return spawn(process.execPath, [main], {
    cwd: folder,
    env: { PATH, HOME, ...own },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function ready({ stdout }) {
  for await (const text of stdout.iterator({ destroyOnReturn: false })) {
    const [, url] = /ready at (http:\/\/[\w.[\]:]+)/.exec(String(text)) ?? [];
    if (url === undefined) continue;
    stdout.resume();
    return url;
  }
  throw new Error('The service ended before it was ready');
}

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
