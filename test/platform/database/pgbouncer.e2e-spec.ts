import { expect, it } from '@jest/globals';
import { Api } from '../../harness/http/api.ts';
import { query } from '../../harness/database/empty-database.ts';
import { Factory } from '../../harness/database/factory.ts';
import { createJob, waitForState } from '../../harness/http/job-calls.ts';
import { temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';
import { readyz } from '../../harness/http/readyz.ts';
import { database, describeWithPgBouncer, directUrl, role, settings, timeoutMs, urlOfPooler } from './pooled-role.ts';

/*
 * A short form of `npm run test:pgbouncer`, which runs the whole suite behind PgBouncer. As root, .ci/run installs
 * Debian's package. pgbouncer.long-spec.ts has the errors of a start.
 */
describeWithPgBouncer('The service behind PgBouncer', () => {
  it(
    'serves requests and runs jobs in shared sessions, with its own settings in each',
    async () => {
      await query(directUrl, settings);
      await database.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
      const service = ServiceProcess.start(temporaryFolder(), {
        DATABASE_URL: urlOfPooler(),
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
