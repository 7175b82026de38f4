import { beforeAll, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { productionEnvironment } from '../harness/app/environment.ts';
import { Api } from '../harness/http/api.ts';
import { throughPooler } from '../harness/database/database.ts';
import { allMigrations, appliedMigrations } from '../harness/database/applied-migrations.ts';
import { emptyDatabase, query } from '../harness/database/empty-database.ts';
import { dataFolder, root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { readyz } from '../harness/http/readyz.ts';

/* start.long-spec.ts has concurrent starts and what an idle service does. */

const timeoutMs = 180_000;
const databases = {
  first: await emptyDatabase(),
  production: await emptyDatabase(),
};

describe('The first start without any configuration', () => {
  const folder = temporaryFolder();
  let first: ServiceProcess;
  let url: string;
  let account: { readonly email: string; readonly password: string };

  beforeAll(async () => {
    first = ServiceProcess.start(folder);
    url = await first.url();
  }, timeoutMs);

  it('prints a banner', async () => {
    expect(first.output).toMatch(/Plinth is ready at .* \(\d+\.\d s\)/);
    expect(first.output).toContain(`API docs   ${url}/docs`);
    expect(first.output).toContain(`Mailbox    ${url}/dev/mailbox`);
    expect(first.output).toMatch(/Database {3}embedded PostgreSQL 18\.\d+ on 127\.0\.0\.1:\d+, data in \.data/);
    expect(first.output).toContain('Stop       Ctrl-C');
    const [, email = '', password = ''] = await first.waitForOutput(/Admin {6}(\S+) {2}password: (\S+)/);
    account = { email, password };
    await expect(new Api(url).logIn(account)).resolves.toHaveProperty('accessToken');
  });

  it('prints the URL of the database, and the command for Prisma Studio', async () => {
    const [, databaseUrl = ''] = await first.waitForOutput(/DATABASE_URL=(\S+)/);

    expect(first.output).toContain(`npx prisma studio --url "${databaseUrl}"`);
    expect(await query(databaseUrl, "SELECT email FROM users WHERE 'admin' = ANY (roles)")).toEqual([
      { email: 'admin@example.com' },
    ]);
  });

  it(
    'shares its database with a command; development.long-spec.ts runs the others',
    async () => {
      const status = [join(root, 'dist/cli/migration-status.js')];
      const { code, stdout, stderr } = await ServiceProcess.run(process.execPath, status, { folder, variables: {} })
        .ended;

      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('The database is up to date.');
      await readyz(new Api(url), { status: 200 });
    },
    timeoutMs,
  );

  it(
    'is followed by a start that uses the same data',
    async () => {
      expect(await first.stop()).toMatchObject({ code: 0, stderr: '' });

      // PG variables of the shell must not affect the embedded PostgreSQL.
      const second = ServiceProcess.start(folder, {
        ...{ PGSSLMODE: 'require', PGSSLNEGOTIATION: 'direct', PGOPTIONS: '-c no.such.setting=1 -c geqo=maybe' },
        ...{ PGHOST: 'unknown-host', PGPORT: '1', PGUSER: 'other', PGPASSWORD: 'other', PGDATABASE: 'other' },
        ...{ PGTZ: 'Asia/Kolkata', PGDATESTYLE: 'SQL, DMY', PGCLIENTENCODING: 'LATIN1', PGSERVICE: 'other' },
      });
      const api = new Api(await second.url());

      expect(second.output).not.toMatch(/password/i);
      await readyz(api, { status: 200 });
      await expect(api.logIn(account)).resolves.toHaveProperty('accessToken');
      expect(await second.stop()).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );
});

describe('A start with DATABASE_URL', () => {
  const folder = temporaryFolder();
  let service: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    service = ServiceProcess.start(folder, { DATABASE_URL: databases.first });
    url = await service.url();
  }, timeoutMs);

  it('migrates that database, and creates neither a server nor an administrator', async () => {
    await readyz(new Api(url), { status: 200 });
    const { DATABASE_URL: databaseUrl = '' } = throughPooler({ DATABASE_URL: databases.first });
    const { host, pathname, password } = new URL(databaseUrl);
    expect(service.output).toContain(`at ${host}${pathname}`);
    expect(service.output).not.toContain(password);
    expect(service.output).not.toContain('Admin');
    expect(await appliedMigrations(databases.first)).toEqual(allMigrations);
    expect(await query(databases.first, 'SELECT id FROM users')).toEqual([]);
    // Before APP_SECRET can be rotated: the hashes of recovery codes need this key.
    expect(await query(databases.first, 'SELECT purpose FROM hash_keys')).toEqual([{ purpose: 'recovery codes' }]);
    expect(fs.readdirSync(dataFolder(folder))).toEqual(['app-secret']);
  });

  it('on PORT=0 uses the chosen port in mailed links', async () => {
    const api = new Api(url);
    await api.post('/v1/auth/register', { email: 'a@example.com', password: 'correct horse battery staple' });

    const { text } = await api.get('/dev/mailbox?to=a@example.com');

    expect(text).toContain(`${url}/account/verify-email?token=`);
    await service.stop();
  });
});

describe('A start in production', () => {
  it(
    'does not change the database, and is ready once an operator has migrated it',
    async () => {
      const folder = temporaryFolder();
      const variables = { ...productionEnvironment, DATABASE_URL: databases.production };
      const service = ServiceProcess.start(folder, variables);
      const api = new Api(await service.url());

      expect((await api.get('/livez')).status).toBe(200);
      const page = await api.get('/', { Accept: 'text/html' });
      expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<a href="/docs">Documentation</a>') });
      expect(page.text).not.toMatch(/curl|mailbox|First steps|ready/i);
      const unready = await readyz(api, { status: 503, checks: { database: 'up', migrations: 'down' } });
      expect(unready).toBeProblem('not-ready', 503);
      expect(await query(databases.production, 'SELECT 1 FROM pg_tables WHERE schemaname = current_schema()')).toEqual(
        [],
      );

      const migrating = [join(root, 'dist/cli/migrate.js')];
      const migration = await ServiceProcess.run(process.execPath, migrating, { folder, variables }).ended;
      expect(migration).toMatchObject({ code: 0, stderr: '' });

      await readyz(api, { status: 200 });
      const { code, stdout, stderr } = await service.stop();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const line of stdout.trim().split('\n'))
        expect(() => {
          JSON.parse(line);
        }).not.toThrow();
      expect(stdout).not.toContain('dev/mailbox');
      expect(fs.existsSync(dataFolder(folder))).toBe(false);
    },
    timeoutMs,
  );
});
