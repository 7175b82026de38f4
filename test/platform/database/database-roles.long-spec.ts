import { describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { withDatabase } from '../../../src/platform/database/migrations/connection.ts';
import { productionEnvironment } from '../../harness/app/environment.ts';
import { Api } from '../../harness/http/api.ts';
import { command, tokenIn } from '../../harness/process/command.ts';
import { onServer, serverUrl } from '../../harness/database/database.ts';
import { query } from '../../harness/database/empty-database.ts';
import { createJob, waitForState } from '../../harness/http/job-calls.ts';
import { onTeardown, root, temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';
import { pageRoles, rolesPage } from '../../harness/database/roles-page.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { readyz } from '../../harness/http/readyz.ts';

const timeoutMs = 180_000;

/** Roles belong to the server, and the suite may use those of the page; so this file renames them. */
const tag = randomBytes(6).toString('hex');
const renamed = { plinth: `test_roles_${tag}`, plinth_migrate: `migrate_${tag}`, plinth_app: `app_${tag}` };
const page = rolesPage(renamed);
const ownUrl = withDatabase(serverUrl(), renamed.plinth);
const urlOf = (role: 'plinth_migrate' | 'plinth_app'): string => {
  const url = Object.assign(new URL(ownUrl), { username: renamed[role], password: pageRoles[role] });
  url.searchParams.set('schema', pageRoles.schema);
  return url.href;
};
const variables = {
  ...productionEnvironment,
  // Bypasses a pooler in every mode of the suite.
  DATABASE_URL: urlOf('plinth_app'),
  DATABASE_DIRECT_URL: urlOf('plinth_app'),
};

for (const statement of page.roles.split(';').filter((text) => text.trim() !== '')) await onServer(statement);
onTeardown(async () => {
  await onServer(`DROP DATABASE ${renamed.plinth} WITH (FORCE)`);
  await onServer(`DROP ROLE ${renamed.plinth_migrate}, ${renamed.plinth_app}`);
});
await query(ownUrl, page.schemas);

async function refusalOf(role: 'plinth_migrate' | 'plinth_app'): Promise<string> {
  const { code, stderr } = await command({ url: urlOf(role), DATABASE_DIRECT_URL: urlOf(role) }, 'migrate');
  expect(code).toBe(1);
  return stderr;
}

describe('The SQL of docs/operations/database-roles.md', () => {
  it(
    'suffices for one role to migrate, and for another to serve requests and run jobs',
    async () => {
      expect(await refusalOf('plinth_app')).toMatch(
        new RegExp(`^plinth: The role ${renamed.plinth_app} may not create tables in schema app: GRANT .+\n$`),
      );
      const migration = await command(
        { url: urlOf('plinth_migrate'), DATABASE_DIRECT_URL: urlOf('plinth_migrate') },
        'migrate',
      );
      expect(migration).toMatchObject({ code: 0, stderr: '' });
      await query(urlOf('plinth_migrate'), page.exceptions);
      await query(ownUrl, `UPDATE app.job_schedules SET next_run_at = now() WHERE name = 'retention-cleanup'`);

      const created = await ServiceProcess.run(
        process.execPath,
        [join(root, 'dist/cli/create-admin.js'), 'create', 'admin@example.com'],
        { folder: temporaryFolder(), variables },
      ).ended;
      const token = tokenIn(created.stdout);
      const service = ServiceProcess.start(temporaryFolder(), { ...variables, AUTH_AUDIT_RETENTION_DAYS: '30' });
      const api = new Api(await service.url());
      const login = { email: 'admin@example.com', password: 'correct horse battery staple' };
      await api.post('/v1/auth/password/reset', { token, newPassword: login.password });
      const asAdmin = api.as(login);

      await readyz(api, { status: 200, checks: { privileges: 'up' } });
      const id = await createJob(asAdmin, { type: 'users.export', payload: { format: 'csv' } });
      await waitForState(asAdmin, id, 'succeeded');
      expect((await asAdmin.get(`/v1/jobs/${id}/artifact`)).text).toContain('admin@example.com');
      await waitUntil('the job of a schedule has run', async () => {
        const rows = await query(
          ownUrl,
          `SELECT 1 FROM app.jobs WHERE type = 'retention.cleanup' AND state = 'succeeded'`,
        );
        return rows.length > 0;
      });
      const { code, stdout, stderr } = await service.stop();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toMatch(/permission denied|"level":"error"/);
    },
    timeoutMs,
  );

  it.each([
    ['make tables', 'CREATE TABLE app.x ()'],
    ['drop tables', 'DROP TABLE app.users'],
    ['change the audit trail', `UPDATE app.audit_events SET reason = 'x'`],
    ['expire events of the audit trail', `INSERT INTO app.audit_retention_runs (before, deleted) VALUES (now(), 1)`],
    ['change the history of migrations', 'DELETE FROM app._prisma_migrations'],
  ])('does not let the serving role %s', async (_, sql) => {
    await expect(query(urlOf('plinth_app'), sql)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('A missing privilege', () => {
  it(
    'is logged in one line at startup, and reported by /readyz until it is granted',
    async () => {
      await query(ownUrl, `REVOKE INSERT, DELETE ON app.jobs FROM ${renamed.plinth_app}`);
      await query(ownUrl, `REVOKE USAGE ON SCHEMA app FROM ${renamed.plinth_app}`);
      const service = ServiceProcess.start(temporaryFolder(), variables);
      const api = new Api(await service.url());

      const unready = await readyz(api, {
        status: 503,
        checks: { database: 'up', privileges: 'down' },
      });

      expect(unready).toBeProblem('not-ready', 503);
      expect(service.output).toContain(
        '"The database role lacks USAGE on schema app; INSERT, DELETE on jobs: docs/operations/database-roles.md"',
      );
      await query(ownUrl, `GRANT INSERT, DELETE ON app.jobs TO ${renamed.plinth_app}`);
      await query(ownUrl, `GRANT USAGE ON SCHEMA app TO ${renamed.plinth_app}`);
      await readyz(api, { status: 200 });
      await service.stop();
    },
    timeoutMs,
  );

  it('is reported in one line by a command that needs it', async () => {
    await query(ownUrl, `REVOKE SELECT ON app._prisma_migrations, app.signing_keys FROM ${renamed.plinth_app}`);

    const keys = await ServiceProcess.run(process.execPath, [join(root, 'dist/cli/signing-keys.js'), 'list'], {
      folder: temporaryFolder(),
      variables,
    }).ended;

    expect(await refusalOf('plinth_app')).toBe(
      'plinth: permission denied for table _prisma_migrations: the database role lacks a right (docs/operations/database-roles.md).\n',
    );
    expect(keys).toMatchObject({
      code: 1,
      stderr:
        'plinth: permission denied for table signing_keys: the database role lacks a right (docs/operations/database-roles.md).\n',
    });
    await query(ownUrl, `GRANT SELECT ON app._prisma_migrations, app.signing_keys TO ${renamed.plinth_app}`);
  });
});

describe('A migration with nothing to apply', () => {
  /** Creates the schema of an earlier version, with a sequence for each queue as BullMQ names it. */
  async function makeQueueSchema(owner: string, queues: readonly string[]): Promise<void> {
    await query(ownUrl, `CREATE SCHEMA app_bullmq AUTHORIZATION ${owner}`);
    for (const queue of queues) {
      const hash = createHash('md5').update(queue).digest('hex');
      await query(ownUrl, `CREATE SEQUENCE app_bullmq.bullmq_jid_${hash}`);
    }
  }
  async function migrated(): Promise<string> {
    const url = urlOf('plinth_migrate');
    const { code, stdout } = await command({ url, DATABASE_DIRECT_URL: url }, 'migrate');
    expect(code).toBe(0);
    return stdout;
  }
  async function exists(): Promise<boolean> {
    return (await query(ownUrl, `SELECT 1 FROM pg_namespace WHERE nspname = 'app_bullmq'`)).length === 1;
  }

  it('drops the queue of an earlier version', async () => {
    await makeQueueSchema(renamed.plinth_migrate, ['default', 'heavy']);

    expect(await migrated()).toContain('Dropped the schema app_bullmq, which the queue of earlier versions used\n');
    expect(await exists()).toBe(false);
    expect(await migrated()).toBe('Nothing to apply: the database is up to date.\n');
  });

  it('keeps a queue that the role does not own, and prints that', async () => {
    await makeQueueSchema('CURRENT_USER', ['default', 'heavy']);

    expect(await migrated()).toContain('The schema app_bullmq is no longer used, and this role may not drop it\n');
    expect(await exists()).toBe(true);
    await query(ownUrl, 'DROP SCHEMA app_bullmq CASCADE');
  });

  it('keeps queues of another service', async () => {
    await makeQueueSchema(renamed.plinth_migrate, ['default', 'reports']);

    expect(await migrated()).toBe('Nothing to apply: the database is up to date.\n');
    expect(await exists()).toBe(true);
  });
});
