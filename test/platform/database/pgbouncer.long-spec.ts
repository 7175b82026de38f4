import { expect, it } from '@jest/globals';
import { productionEnvironment } from '../../harness/app/environment.ts';
import { onServer } from '../../harness/database/database.ts';
import { startPgBouncer, throughPort } from '../../harness/database/pgbouncer.ts';
import { onTeardown, temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';
import { database, describeWithPgBouncer, directUrl, role, schema, timeoutMs, urlOfPooler } from './pooled-role.ts';

async function refusal(variables: Readonly<Record<string, string>>): Promise<string> {
  const { code, stderr } = await ServiceProcess.start(temporaryFolder(), variables).ended;
  expect(code).toBe(1);
  return stderr;
}

describeWithPgBouncer('A startup behind PgBouncer', () => {
  it(
    'fails with one line when only the pooler is configured',
    async () => {
      expect(await refusal({ DATABASE_URL: urlOfPooler() })).toMatch(
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

      const line = await refusal({ DATABASE_URL: urlOfPooler(), DATABASE_DIRECT_URL: directUrl });

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
        ...productionEnvironment,
        DATABASE_URL: urlOfPooler(),
        DATABASE_DIRECT_URL: directUrl,
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
