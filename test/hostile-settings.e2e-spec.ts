import { describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createApp } from '../src/app.setup.ts';
import { readDatabaseUrl } from '../src/config/database-url.ts';
import { DatabaseProbe } from '../src/database/database-probe.ts';
import { queryOn } from '../src/database/migrations/migration-history.ts';
import { sessionState } from '../src/database/session-check.ts';
import { directSession } from '../src/database/session.ts';
import { Worker } from '../src/queue/worker.ts';
import { ApiJobsModule } from './support/api-jobs.ts';
import { Api } from './support/api.ts';
import { testConfig } from './support/app.ts';
import { hostileSettings } from './support/database-mode.ts';
import { createDatabase } from './support/database.ts';
import { Given } from './support/given.ts';
import { ask, reaches } from './support/job-calls.ts';
import { atTheEnd } from './support/process.ts';

/*
 * A smoke of what `npm run test:hostile-settings` runs the whole suite against: here the database says it all, so that
 * every new session of it begins so.
 */
const database = await createDatabase();
await database.pool.query(`DO $$
  BEGIN
    ${Object.entries(hostileSettings)
      .map(([name, value]) => `EXECUTE format('ALTER DATABASE %I SET ${name} = ''${value}''', current_database());`)
      .join('\n')}
  END $$`);
// Not by way of a pooler, in any mode of the suite: behind one, the role has to have some of the settings.
const config = testConfig({ DATABASE_URL: database.url, DATABASE_DIRECT_URL: database.url });
const app = await createApp(config, [ApiJobsModule]);
await app.listen(0, '127.0.0.1');
app.get(Worker).begin();
const api = new Api(await app.getUrl());
const given = new Given(database);
atTheEnd(async () => {
  await app.close();
  await database.drop();
});

const admin = await given.admin();
const asAdmin = api.as(admin);

/** Seconds from now, by the clock of the test. */
const fromNow = (moment: unknown): number => (new Date(String(moment)).getTime() - Date.now()) / 1000;

describe('On a database with a time zone, a date style and more of its own', () => {
  it('a session ends when its time is up, as the service and the database see it', async () => {
    await api.tokensOf(admin);

    const { rows } = await database.pool.query<{ ends: Date }>('SELECT expires_at AS ends FROM sessions');
    const sessions = await asAdmin.get('/v1/auth/sessions');
    const refresh = await database.pool.query<{ ends: Date }>('SELECT expires_at AS ends FROM refresh_tokens');

    const { auth } = testConfig({});
    const [first] = (sessions.body as { data: { createdAt: string }[] }).data;
    expect(fromNow(rows[0]?.ends) / auth.sessionTtlSeconds).toBeCloseTo(1, 3);
    expect(Math.abs(fromNow(first?.createdAt))).toBeLessThan(600);
    expect(fromNow(refresh.rows[0]?.ends) / auth.refreshIdleSeconds).toBeCloseTo(1, 3);
  });

  it('a list shows the moments at which things were', async () => {
    const { status, body } = await asAdmin.get('/v1/users?limit=1');
    const next = await asAdmin.get('/v1/audit-events?limit=1');

    expect(status).toBe(200);
    expect(Math.abs(fromNow((body as { data: { createdAt: string }[] }).data[0]?.createdAt))).toBeLessThan(600);
    expect(next.status).toBe(200);
    expect(Math.abs(fromNow((next.body as { data: { at: string }[] }).data[0]?.at))).toBeLessThan(600);
  });

  it('a job waits until its time and no longer', async () => {
    const runAt = new Date(Date.now() + 300_000).toISOString();
    const later = await asAdmin.post('/v1/jobs', { type: 'test.steps', payload: { steps: 1 }, runAt });
    const { rows } = await database.pool.query<{ at: Date }>('SELECT run_at AS at FROM jobs WHERE run_at > now()');

    expect(later).toMatchObject({ status: 202, body: { runAt } });
    expect(rows.map(({ at }) => at.toISOString())).toEqual([runAt]);
    const id = await ask(asAdmin, { type: 'test.steps', payload: { steps: 1 } });
    await reaches(asAdmin, id, 'succeeded');
  });

  it('requests that race for a row wait for each other', async () => {
    const user = await given.user();
    const { refreshToken } = await api.tokensOf(user);

    const replies = await Promise.all(
      Array.from({ length: 8 }, async () => await api.post('/v1/auth/refresh', { refreshToken })),
    );

    expect(replies.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  it('the service finds its own settings on its connections, and says that it can serve', async () => {
    expect((await app.get(DatabaseProbe).state()).wrongSettings).toEqual([]);
    expect((await api.get('/readyz')).status).toBe(200);
  });
});

describe('A session in which no trigger runs', () => {
  it('is found wrong', async () => {
    const client = new Client(directSession(database.ownUrl, { session_replication_role: 'replica' }));
    await client.connect();

    const { wrong } = await sessionState(queryOn(client), readDatabaseUrl(database.ownUrl).schema);

    await client.end();
    expect(wrong).toEqual(['session_replication_role is replica instead of origin']);
  });
});
