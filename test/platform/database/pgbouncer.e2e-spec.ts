import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { readDatabaseUrl } from '../../../src/platform/config/database-url.ts';
import { Api } from '../../harness/http/api.ts';
import { createDatabase, onServer } from '../../harness/database/database.ts';
import { query } from '../../harness/database/empty-database.ts';
import { Factory } from '../../harness/database/factory.ts';
import { createJob, waitForState } from '../../harness/http/job-calls.ts';
import type { PgBouncer } from '../../harness/database/pgbouncer.ts';
import { hasPgBouncer, startPgBouncer, throughPort } from '../../harness/database/pgbouncer.ts';
import { onTeardown, root, temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';
import { readyz } from '../../harness/http/readyz.ts';

/*
 * A short form of `npm run test:pgbouncer`, which runs the whole suite behind PgBouncer. As root, .ci/run installs
 * Debian's package.
 */
const describeWithPgBouncer = hasPgBouncer ? describe : describe.skip;
if (!hasPgBouncer) console.warn('pgbouncer is not installed: skipping its tests.');

const timeoutMs = 180_000;
const database = await createDatabase();
const { schema } = readDatabaseUrl(database.ownUrl);
const role = `pooled_${randomBytes(6).toString('hex')}`;
const page = fs.readFileSync(join(root, 'docs/operations/pgbouncer.md'), 'utf8');
const names: Readonly<Record<string, string>> = {
  plinth_app: role,
  plinth: new URL(database.url).pathname.slice(1),
  app: schema,
};
const settings = (/^```sql\n(.*?)^```$/ms.exec(page)?.[1] ?? '').replaceAll(
  /\b(?:plinth_app|plinth|app)\b/g,
  (name) => names[name] ?? name,
);
const directUrl = Object.assign(new URL(database.url), { username: role, password: 'pooled' }).href;
let bouncer: PgBouncer;
let pooledUrl = '';

beforeAll(async () => {
  await onServer(`CREATE ROLE ${role} LOGIN PASSWORD 'pooled'`);
  await onServer(`GRANT ${new URL(database.url).username} TO ${role}`);
  // Defaults of new sessions, which the role or the service overrides.
  for (const hostile of [`timezone = 'Asia/Kolkata'`, `datestyle = 'SQL, DMY'`])
    await onServer(`ALTER DATABASE ${names['plinth'] ?? ''} SET ${hostile}`);
  onTeardown(async () => {
    await database.drop();
    await onServer(`DROP ROLE ${role}`);
  });
  if (!hasPgBouncer) return;
  bouncer = await startPgBouncer(directUrl);
  onTeardown(async () => {
    await bouncer.stop();
  });
  pooledUrl = throughPort(directUrl, bouncer.port);
});

async function refusal(variables: Readonly<Record<string, string>>): Promise<string> {
  const { code, stderr } = await ServiceProcess.start(temporaryFolder(), variables).ended;
  expect(code).toBe(1);
  return stderr;
}

describeWithPgBouncer('A startup behind PgBouncer', () => {
  it(
    'fails with one line when only the pooler is configured',
    async () => {
      expect(await refusal({ DATABASE_URL: pooledUrl })).toMatch(
        /^plinth: The database 127\.0\.0\.1:\d+\/\w+ can't be used: it is a connection pooler, .* DATABASE_DIRECT_URL must lead past it.*\n$/,
      );
    },
    timeoutMs,
  );

  it(
    'fails with one line when the pooler drops settings without an error',
    async () => {
      const silent = await startPgBouncer(directUrl, 'ignore_startup_parameters = options');
      onTeardown(async () => {
        await silent.stop();
      });

      expect(await refusal({ DATABASE_URL: throughPort(directUrl, silent.port) })).toMatch(
        /^plinth: The database \S+ can't be used: it is a connection pooler, which drops settings: DATABASE_DIRECT_URL must lead past it \(.+\)\.\n$/,
      );
    },
    timeoutMs,
  );

  it(
    'fails with one line when its sessions have wrong settings',
    async () => {
      await onServer(`ALTER ROLE ${role} SET default_transaction_isolation = 'serializable'`);
      await onServer(`ALTER ROLE ${role} SET search_path = pg_catalog`);

      const line = await refusal({ DATABASE_URL: pooledUrl, DATABASE_DIRECT_URL: directUrl });

      expect(line).toBe(
        `plinth: Sessions of the role ${role} can't be used: default_transaction_isolation is serializable instead of read committed; search_path begins with pg_catalog instead of ${schema}. Set that on the role (docs/operations/pgbouncer.md).\n`,
      );
      await onServer(`ALTER ROLE ${role} RESET ALL`);
    },
    timeoutMs,
  );

  it(
    'logs the timeouts that only the role can set',
    async () => {
      await database.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
      await onServer(`ALTER ROLE ${role} SET search_path = ${schema}`);
      const service = ServiceProcess.start(temporaryFolder(), {
        ...{ NODE_ENV: 'production', PUBLIC_URL: 'https://api.example.com', SHUTDOWN_DRAIN_MS: '0' },
        APP_SECRET: 'thirty-two-characters-for-the-tests-alone',
        ...{ DATABASE_URL: pooledUrl, DATABASE_DIRECT_URL: directUrl },
      });
      await service.url();

      expect(service.output).toContain(
        '"Sessions of the pooler have no statement_timeout, lock_timeout, idle_in_transaction_session_timeout: docs/operations/pgbouncer.md"',
      );
      await service.stop();
    },
    timeoutMs,
  );
});

describeWithPgBouncer('The service behind PgBouncer', () => {
  it(
    'serves requests and runs jobs in shared sessions, with its own settings in each',
    async () => {
      await query(directUrl, settings);
      await database.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
      const service = ServiceProcess.start(temporaryFolder(), {
        DATABASE_URL: pooledUrl,
        DATABASE_DIRECT_URL: directUrl,
      });
      const api = new Api(await service.url());
      const admin = await new Factory(database).admin();
      const asAdmin = api.as(admin);

      const { refreshToken } = await api.tokensOf(admin);
      const responses = await Promise.all([
        ...Array.from({ length: 20 }, async () => await asAdmin.get('/v1/users?limit=5&sort=-createdAt')),
        ...Array.from({ length: 10 }, async () => await api.post('/v1/auth/refresh', { refreshToken })),
      ]);
      const id = await createJob(asAdmin, { type: 'users.export', payload: { format: 'csv' } });
      await waitForState(asAdmin, id, 'succeeded');
      const file = await asAdmin.get(`/v1/jobs/${id}/artifact`);

      expect(responses.map(({ status }) => status)).toEqual(Array(30).fill(200));
      const [firstUser] = (responses[0]?.body as { data: { createdAt: string }[] }).data;
      expect(Math.abs(Date.parse(firstUser?.createdAt ?? '') - Date.now())).toBeLessThan(600_000);
      const { rows } = await database.pool.query<{ seconds: number }>(
        'SELECT extract(epoch FROM expires_at - created_at)::float8 AS seconds FROM refresh_tokens',
      );
      for (const { seconds } of rows) expect(seconds / 604_800).toBeCloseTo(1, 3);
      expect(file.text).toContain(admin.email);
      const ready = await readyz(api, { status: 200, checks: { settings: 'up' } });
      expect(ready.body).toMatchObject({ status: 'ok' });
      expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );
});
