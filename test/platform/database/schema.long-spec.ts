import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { withDatabase } from '../../../src/platform/database/migrations/connection.ts';
import { Api } from '../../harness/http/api.ts';
import { command } from '../../harness/process/command.ts';
import { onServer, serverUrl } from '../../harness/database/database.ts';
import { query } from '../../harness/database/empty-database.ts';
import { onTeardown, temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { readyz } from '../../harness/http/readyz.ts';

const timeoutMs = 180_000;
const account = { email: 'ada@example.com', password: 'correct horse battery staple' };

/** A database, and a role without objects whose search_path is another schema. */
const name = `test_schema_${randomBytes(6).toString('hex')}`;
const ownUrl = withDatabase(serverUrl(), name);

function urlOf(schema: string, place: Partial<URL> = {}): string {
  const url = Object.assign(new URL(ownUrl), { username: name, password: 'p@ss w/rd?#', ...place });
  url.searchParams.set('schema', schema);
  return url.href;
}

/** Bypasses a pooler in every mode of the suite: behind one, the schema must be set on the role. */
function serviceIn(url: string): ServiceProcess {
  return ServiceProcess.start(temporaryFolder(), { DATABASE_URL: url, DATABASE_DIRECT_URL: url });
}

beforeAll(async () => {
  await onServer(`CREATE DATABASE ${name}`);
  await onServer(`CREATE ROLE ${name} LOGIN PASSWORD 'p@ss w/rd?#'`);
  await onServer(`ALTER ROLE ${name} SET search_path = elsewhere`);
  await onServer(`GRANT CREATE ON DATABASE ${name} TO ${name}`);
  await query(ownUrl, `CREATE SCHEMA elsewhere AUTHORIZATION ${name}`);
  onTeardown(async () => {
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    await onServer(`DROP ROLE ${name}`);
  });
});

describe('A schema in DATABASE_URL', () => {
  it(
    'contains the tables of the service, beside another service',
    async () => {
      const services = [serviceIn(urlOf('one')), serviceIn(urlOf('two'))];
      const apis = await Promise.all(services.map(async (service) => new Api(await service.url())));

      for (const api of apis) {
        await readyz(api, { status: 200 });
        expect((await api.post('/v1/auth/register', account)).status).toBe(202);
      }
      for (const schema of ['one', 'two']) {
        await waitUntil(`a job in ${schema} succeeds`, async () => {
          const succeeded = await query(ownUrl, `SELECT 1 FROM ${schema}.jobs WHERE state = 'succeeded'`);
          return succeeded.length > 0;
        });
        expect(await query(ownUrl, `SELECT email FROM ${schema}.users`)).toEqual([{ email: account.email }]);
      }
      expect(
        await query(
          ownUrl,
          `SELECT DISTINCT schemaname AS schema FROM pg_tables
           WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' ORDER BY 1`,
        ),
      ).toEqual(['one', 'two'].map((schema) => ({ schema })));
      expect(await command({ url: urlOf('one'), DATABASE_DIRECT_URL: urlOf('one') }, 'migration-status')).toMatchObject(
        {
          code: 0,
        },
      );
      for (const service of services) expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );

  it('is where triggers find their tables with any search_path of the session', async () => {
    await query(ownUrl, `SET search_path = elsewhere; UPDATE one.users SET disabled_at = now()`);

    expect(await query(ownUrl, 'SELECT 1 FROM one.access_invalidations WHERE user_id IS NOT NULL')).toHaveLength(1);
  });
});

describe('A socket in DATABASE_URL', () => {
  it(
    'is used by all connections',
    async () => {
      const folder = temporaryFolder();
      const { port, hostname } = new URL(ownUrl);
      const socket = createServer((near) => {
        const far = connect(Number(port), hostname);
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const)
          from.on('error', () => to.destroy()).pipe(to);
      });
      await once(socket.listen(join(folder, '.s.PGSQL.5433')), 'listening');
      onTeardown(async () => {
        socket.close();
        await Promise.resolve();
      });
      const credentials = `${name}:${encodeURIComponent('p@ss w/rd?#')}`;

      const service = serviceIn(`postgresql://${credentials}@/${name}?host=${folder}&port=5433&schema=one`);
      const api = new Api(await service.url());

      expect(service.output).toContain(`at ${folder}:5433/${name}`);
      await readyz(api, { status: 200 });
      await service.stop();
    },
    timeoutMs,
  );
});
