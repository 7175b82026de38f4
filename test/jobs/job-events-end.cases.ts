import { describe, expect, it } from '@jest/globals';
import { Api } from '../harness/http/api.ts';
import { jobsApp } from '../harness/app/jobs-app.ts';
import { testEnvironment } from '../harness/app/environment.ts';
import { EventReads } from '../harness/app/event-reads.ts';
import { EventReader } from '../harness/http/event-reader.ts';
import { createJob } from '../harness/http/job-calls.ts';
import { temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';

const { app, api, factory, database } = await jobsApp();
const ada = await factory.user({ roles: [] });
const admin = await factory.admin();
const timeoutMs = 180_000;

const long = { type: 'test.steps', payload: { steps: 200, stepMs: 220 } };

async function open(as: Api, login: typeof ada, id: string, after?: number): Promise<EventReader> {
  const { accessToken } = await as.tokensOf(login);
  const headers: Record<string, string> = after === undefined ? {} : { 'Last-Event-ID': String(after) };
  return await EventReader.open(`${as.baseUrl}/v1/jobs/${id}/events`, accessToken, headers);
}

/** Another instance on the same database, without the types of job of these tests. */
async function anotherInstance(variables: Readonly<Record<string, string>> = {}): Promise<[ServiceProcess, Api]> {
  const process = ServiceProcess.start(temporaryFolder(), {
    ...testEnvironment,
    LOG_LEVEL: 'info',
    WORKER: 'off',
    DATABASE_URL: database.url,
    ...variables,
  });
  return [process, new Api(await process.url())];
}

describe('A stream of job events', () => {
  it(
    'resumes on another instance without loss, and ends when that one shuts down',
    async () => {
      const [process, other] = await anotherInstance();
      const id = await createJob(api.as(ada), long);
      const first = await open(api, ada, id);
      await first.until('it has received progress', () => first.events.length >= 5);
      first.close();
      const second = await open(other, ada, id, first.ids.at(-1));
      await second.until('it has received more', () => second.events.length >= 3);

      const stopping = process.stop();
      await second.end();
      expect((await stopping).code).toBe(0);

      const third = await open(api, ada, id, second.ids.at(-1));
      await third.until('it has received more', () => third.events.length >= 3);
      await api.as(ada).post(`/v1/jobs/${id}/cancel`);
      await third.end();
      const all = [...first.ids, ...second.ids, ...third.ids];
      expect(all).toEqual(all.map((_, at) => at + 1));
      expect(third.events.at(-1)).toMatchObject({ event: 'done', data: { state: 'cancelled' } });
      expect((await process.ended).stdout).toMatch(/"route":"\/v1\/jobs\/:id\/events"/);
    },
    timeoutMs,
  );

  it(
    'does not delay the shutdown when its reader has disconnected',
    async () => {
      const [process, other] = await anotherInstance();
      const id = await createJob(api.as(ada), long);
      const disconnected = await open(other, ada, id);
      await disconnected.until('it has received an event', () => disconnected.events.length > 0);
      disconnected.close();
      await process.waitForOutput(/"route":"\/v1\/jobs\/:id\/events"[^\n]*/);
      await api.as(ada).post(`/v1/jobs/${id}/cancel`);

      expect(process.output).toMatch(/"aborted":true[^\n]*"route":"\/v1\/jobs\/:id\/events"/);
      expect((await process.stop()).code).toBe(0);
    },
    timeoutMs,
  );

  it('ends when its reader logs out, and continues for other sessions', async () => {
    const eve = await factory.user({ roles: [] });
    const { accessToken, refreshToken } = await api.logIn(eve);
    const id = await createJob(api.as(eve), long);
    const url = `${api.baseUrl}/v1/jobs/${id}/events`;
    const reader = await EventReader.open(url, accessToken);
    const other = await open(api, eve, id);
    await reader.until('it has received an event', () => reader.events.length > 0);

    expect((await api.post('/v1/auth/logout', { refreshToken })).status).toBe(204);

    await reader.end();
    expect(other.ended).toBe(false);
    await api.as(eve).post(`/v1/jobs/${id}/cancel`);
    await other.end();
  });

  it('ends when its reader is disabled, or deleted', async () => {
    for (const column of ['disabled_at', 'deleted_at']) {
      const eve = await factory.user({ roles: [] });
      const id = await createJob(api.as(eve), { ...long, runAt: new Date(Date.now() + 60_000).toISOString() });
      const reader = await open(api, eve, id);
      await reader.until('it has received an event', () => reader.events.length > 0);
      await database.pool.query(`UPDATE users SET ${column} = now() WHERE id = $1`, [eve.id]);

      await reader.end();
    }
  });

  it("ends when its reader loses the permission to read others' jobs", async () => {
    const former = await factory.admin();
    const id = await createJob(api.as(ada), { ...long, runAt: new Date(Date.now() + 60_000).toISOString() });
    const reader = await open(api, former, id);
    const own = await open(api, ada, id);
    await reader.until('it has received an event', () => reader.events.length > 0);
    await api.as(admin).patch(`/v1/users/${former.id}`, { roles: [] }, { 'If-Match': '*' });

    await reader.end();
    expect(own.ended).toBe(false);
    own.close();
  });

  it('ends when the job is deleted', async () => {
    const id = await createJob(api.as(ada), { ...long, runAt: new Date(Date.now() + 60_000).toISOString() });
    const reader = await open(api, ada, id);
    await reader.until('it has received an event', () => reader.events.length > 0);
    await database.pool.query('DELETE FROM jobs WHERE id = $1', [id]);

    await reader.end();
    expect(reader.ids).toEqual([1]);
  });

  it('causes no queries without a reader', async () => {
    const reads = new EventReads(app);
    const id = await createJob(api.as(ada), { ...long, runAt: new Date(Date.now() + 60_000).toISOString() });
    const reader = await open(api, ada, id);
    await reads.next();

    reader.close();

    await reads.silence();
  });
});
