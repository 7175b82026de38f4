import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createApp } from '../../../src/app.setup.ts';
import { readDatabaseUrl } from '../../../src/platform/config/database-url.ts';
import { DatabaseProbe } from '../../../src/platform/database/database-probe.ts';
import { queryOn } from '../../../src/platform/database/query.ts';
import { sessionState } from '../../../src/platform/database/session-check.ts';
import { directSession } from '../../../src/platform/database/session.ts';
import { Dispatcher } from '../../../src/platform/queue/dispatch/dispatcher.ts';
import { ExampleJobsModule } from '../../harness/app/example-jobs.ts';
import { Api } from '../../harness/http/api.ts';
import { testConfig } from '../../harness/app/app.ts';
import { hostileSettings } from '../../harness/database/database-mode.ts';
import { createDatabase } from '../../harness/database/database.ts';
import { Factory } from '../../harness/database/factory.ts';
import { createJob, waitForState } from '../../harness/http/job-calls.ts';
import { onTeardown } from '../../harness/process/service-process.ts';
import { readyz } from '../../harness/http/readyz.ts';

/*
 * A short form of `npm run test:hostile-settings`, which runs the whole suite with these settings: here the database
 * has them, so that every new session starts with them.
 */
const database = await createDatabase();
await database.pool.query(`DO $$
  BEGIN
    ${Object.entries(hostileSettings)
      .map(([name, value]) => `EXECUTE format('ALTER DATABASE %I SET ${name} = ''${value}''', current_database());`)
      .join('\n')}
  END $$`);
// Bypasses a pooler in every mode of the suite: behind one, the role must have some of the settings.
const config = testConfig({ DATABASE_URL: database.url, DATABASE_DIRECT_URL: database.url });
const app = await createApp(config, [ExampleJobsModule]);
await app.listen(0, '127.0.0.1');
app.get(Dispatcher).begin();
const api = new Api(await app.getUrl());
const factory = new Factory(database);
onTeardown(async () => {
  await app.close();
  await database.drop();
});

const admin = await factory.admin();
const asAdmin = api.as(admin);

/** Seconds from now, by the test's clock. */
const fromNow = (moment: unknown): number => (new Date(String(moment)).getTime() - Date.now()) / 1000;

describe('On a database with other settings, such as time zone and date style', () => {
  it('a session expires at the same time for the service and the database', async () => {
    await api.tokensOf(admin);

    const { rows } = await database.pool.query<{ ends: Date }>('SELECT expires_at AS ends FROM sessions');
    const sessions = await asAdmin.get('/v1/auth/sessions');
    const refresh = await database.pool.query<{ ends: Date }>('SELECT expires_at AS ends FROM refresh_tokens');

    const { auth } = testConfig({});
    const [first] = (sessions.body as { data: { createdAt: string }[] }).data;
    expect(fromNow(rows[0]?.ends) / auth.sessionAbsoluteTimeoutSeconds).toBeCloseTo(1, 3);
    expect(Math.abs(fromNow(first?.createdAt))).toBeLessThan(600);
    expect(fromNow(refresh.rows[0]?.ends) / auth.sessionIdleTimeoutSeconds).toBeCloseTo(1, 3);
  });

  it('a list contains correct times', async () => {
    const { status, body } = await asAdmin.get('/v1/users?limit=1');
    const next = await asAdmin.get('/v1/audit-events?limit=1');

    expect(status).toBe(200);
    expect(Math.abs(fromNow((body as { data: { createdAt: string }[] }).data[0]?.createdAt))).toBeLessThan(600);
    expect(next.status).toBe(200);
    expect(Math.abs(fromNow((next.body as { data: { at: string }[] }).data[0]?.at))).toBeLessThan(600);
  });

  it('a job runs at its time', async () => {
    const runAt = new Date(Date.now() + 300_000).toISOString();
    const later = await asAdmin.post('/v1/jobs', { type: 'test.steps', payload: { steps: 1 }, runAt });
    const { rows } = await database.pool.query<{ at: Date }>('SELECT run_at AS at FROM jobs WHERE run_at > now()');

    expect(later).toMatchObject({ status: 202, body: { runAt } });
    expect(rows.map(({ at }) => at.toISOString())).toEqual([runAt]);
    const id = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 1 } });
    await waitForState(asAdmin, id, 'succeeded');
  });

  it('concurrent requests for a row wait for each other', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.tokensOf(user);

    const responses = await Promise.all(
      Array.from({ length: 8 }, async () => await api.post('/v1/auth/refresh', { refreshToken })),
    );

    expect(responses.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  it('connections have the settings of the service, and /readyz responds 200', async () => {
    expect((await app.get(DatabaseProbe).state()).wrongSettings).toEqual([]);
    await readyz(api, { status: 200 });
  });
});

describe('A session in which no trigger runs', () => {
  it('is reported as a wrong setting', async () => {
    const client = new Client(directSession(database.ownUrl, { session_replication_role: 'replica' }));
    await client.connect();

    const { wrong } = await sessionState(queryOn(client), readDatabaseUrl(database.ownUrl).schema);

    await client.end();
    expect(wrong).toEqual(['session_replication_role is replica instead of origin']);
  });
});
