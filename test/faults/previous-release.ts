import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import { freePort } from '../../src/platform/dev-postgres/server.ts';
import { openTemporaryDatabase } from '../harness/database/temporary-database.ts';
import { interrupted } from '../harness/process/interrupted.ts';
import { TestProcess } from '../harness/process/test-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { accessToken } from './caller.ts';
import { buildCommit, NotPossible, packageFolder, previousRelease } from './previous-build.ts';

const variables = {
  NODE_ENV: 'production',
  APP_SECRET: 'thirty-two-characters-for-the-tests-alone',
  PUBLIC_URL: 'https://api.example.com',
  SHUTDOWN_DRAIN_MS: '0',
};

/** A check, and what was wrong: undefined when it passed. */
type Check = readonly [name: string, failure: string | undefined];

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof NotPossible ? `plinth: ${error.message}` : error);
  process.exitCode = 1;
}
process.exit();

/** Runs the smoke set on the build of a commit, and the migrations of the working tree. Returns the exit code. */
async function main(): Promise<number> {
  const ref = parseArgs({ options: { ref: { type: 'string' } } }).values.ref ?? previousRelease();
  const folder = buildCommit(ref);
  const database = await openTemporaryDatabase();
  try {
    const unknown = migrationsIn(packageFolder).filter((name) => !migrationsIn(folder).includes(name));
    console.log(`${ref} on a schema with ${unknown.length} migrations that it does not have`);
    for (const name of unknown) console.log(`  ${name}`);
    const checks = await smokeTest(folder, database);
    for (const [name, failure] of checks)
      console.log(`  ${failure === undefined ? 'PASS' : 'FAIL'}  ${name} ${failure ?? ''}`.trimEnd());
    const failed = checks.filter(([, failure]) => failure !== undefined);
    console.log(
      failed.length === 0 ? `PASS: ${checks.length} checks` : `FAIL: ${failed.length} of ${checks.length} checks`,
    );
    return failed.length === 0 ? 0 : 1;
  } finally {
    await database.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function migrationsIn(folder: string): string[] {
  return readdirSync(join(folder, 'prisma/migrations')).filter((name) => /^\d/.test(name));
}

async function smokeTest(folder: string, database: { url: string; pool: Pool }): Promise<Check[]> {
  const port = await freePort();
  const service = TestProcess.start({
    name: 'previous-release',
    entry: join(folder, 'dist/main.js'),
    folder,
    variables: { ...variables, PORT: String(port), DATABASE_URL: database.url },
    logs: true,
  });
  let readiness = '';
  try {
    const url = `http://127.0.0.1:${port}`;
    const ready = waitUntil('the service is ready', async () => {
      if (!service.running) throw new Error(`The service did not start:\n${service.log()}`);
      const response = await fetch(`${url}/readyz`).catch(() => undefined);
      readiness = (await response?.text()) ?? 'no response';
      return response?.ok === true;
    });
    const checks = await Promise.race([ready.then(async () => await requests(url, database.pool)), interrupted()]);
    service.signal('SIGTERM');
    const code = await service.ended;
    const errors = errorsIn(service.log());
    return [
      ...checks,
      ['SIGTERM ends it', code === 0 ? undefined : `with exit code ${code ?? 'none'}`],
      ['its log has no errors', errors.length === 0 ? undefined : errors.join('\n')],
    ];
  } catch (error) {
    const details = [`/readyz: ${readiness}`, ...errorsIn(service.log())];
    throw new NotPossible(`The smoke set did not run to its end: ${String(error)}\n${details.join('\n')}`);
  } finally {
    await service.kill();
  }
}

function errorsIn(log: string): string[] {
  return log.split('\n').filter((line) => /"level":(?:"error"|"fatal"|50|60)/.test(line));
}

async function requests(url: string, pool: Pool): Promise<Check[]> {
  const token = await accessToken(url, pool, { role: 'admin' });
  const send = async (
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
  ): Promise<{ response: Response; body: Record<string, unknown> }> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers };
    const response = await fetch(url + path, { ...init, headers });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { response, body: (isJson ? JSON.parse(text) : {}) as Record<string, unknown> };
  };
  const expectStatus = ({ response, body }: Awaited<ReturnType<typeof send>>, status: number): string | undefined =>
    response.status === status ? undefined : `returned ${response.status} ${JSON.stringify(body)}`;
  const keyed = {
    method: 'POST',
    headers: { 'idempotency-key': randomUUID() },
    body: JSON.stringify({ type: 'users.export', payload: { format: 'csv' } }),
  };
  const created = await send('/v1/jobs', keyed);
  const replayed = await send('/v1/jobs', keyed);
  const job = `/v1/jobs/${String(created.body['id'])}`;
  const finished = await waitUntil('the job has ended', async () => {
    const { body } = await send(job);
    return ['succeeded', 'dead', 'cancelled'].includes(String(body['state'])) && body;
  });
  const patch = { method: 'PATCH', headers: { 'if-match': '*' }, body: JSON.stringify({ displayName: 'Ada' }) };
  const isReplay =
    replayed.response.headers.get('idempotency-replayed') !== null && replayed.body['id'] === created.body['id'];
  return [
    ['POST /v1/auth/login', undefined],
    ['GET /v1/users/me', expectStatus(await send('/v1/users/me'), 200)],
    ['PATCH /v1/users/me', expectStatus(await send('/v1/users/me', patch), 200)],
    ['GET /v1/users?limit=5', expectStatus(await send('/v1/users?limit=5'), 200)],
    ['GET /v1/audit-events', expectStatus(await send('/v1/audit-events'), 200)],
    ['POST /v1/jobs with a key', expectStatus(created, 202)],
    ['POST /v1/jobs with the same key', isReplay ? undefined : 'is not a replay'],
    ['the job', finished['state'] === 'succeeded' ? undefined : `is ${String(finished['state'])}`],
    [`GET /v1/jobs/{id}/artifact`, expectStatus(await send(`${job}/artifact`), 200)],
    ['GET /v1/jobs', expectStatus(await send('/v1/jobs'), 200)],
    ['POST /v1/auth/logout', expectStatus(await send('/v1/auth/logout', { method: 'POST', body: '{}' }), 204)],
    ['the session is revoked', expectStatus(await send('/v1/users/me'), 401)],
  ];
}
