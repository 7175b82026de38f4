import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { Api } from './support/api.ts';
import { ApiJobsModule } from './support/api-jobs.ts';
import { start, testEnvironment } from './support/app.ts';
import { EventReader } from './support/events.ts';
import { ask } from './support/job-calls.ts';
import { scratchFolder, ServiceProcess } from './support/process.ts';

const { api, given, database } = await start({}, [ApiJobsModule]);
const ada = await given.user();
const admin = await given.admin();
const timeoutMs = 180_000;

const long = { type: 'test.steps', payload: { steps: 200, stepMs: 220 } };

async function open(as: Api, login: typeof ada, id: string, after?: number): Promise<EventReader> {
  const { accessToken } = await as.tokensOf(login);
  const headers: Record<string, string> = after === undefined ? {} : { 'Last-Event-ID': String(after) };
  return await EventReader.open(`${as.baseUrl}/v1/jobs/${id}/events`, accessToken, headers);
}

/** Another instance on the same database; it knows nothing of the types that tests make jobs of. */
async function anotherInstance(variables: Readonly<Record<string, string>> = {}): Promise<[ServiceProcess, Api]> {
  const process = ServiceProcess.start(scratchFolder(), {
    ...testEnvironment,
    LOG_LEVEL: 'info',
    WORKER: 'off',
    DATABASE_URL: database.url,
    ...variables,
  });
  return [process, new Api(await process.url())];
}

describe('A stream of events', () => {
  it(
    'goes on at another instance where the first one left off, and ends when that one is told to end',
    async () => {
      const [process, other] = await anotherInstance();
      const id = await ask(api.as(ada), long);
      const first = await open(api, ada, id);
      await first.until('told of progress', () => first.events.length >= 5);
      first.leave();
      const second = await open(other, ada, id, first.ids.at(-1));
      await second.until('told of more', () => second.events.length >= 3);

      const begin = performance.now();
      const ending = process.stop();
      await second.end();
      expect((await ending).code).toBe(0);
      expect(performance.now() - begin).toBeLessThan(5000);

      const third = await open(api, ada, id, second.ids.at(-1));
      await third.until('told of more', () => third.events.length >= 3);
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
    'holds nothing up: neither a reader that stopped reading, nor one that left',
    async () => {
      const [process, other] = await anotherInstance();
      const id = await ask(api.as(ada), long);
      const left = await open(other, ada, id);
      await left.until('told', () => left.events.length > 0);
      left.leave();
      await process.says(/"route":"\/v1\/jobs\/:id\/events"[^\n]*/);
      await api.as(ada).post(`/v1/jobs/${id}/cancel`);

      expect(process.output).toMatch(/"aborted":true[^\n]*"route":"\/v1\/jobs\/:id\/events"/);
      expect((await process.stop()).code).toBe(0);
    },
    timeoutMs,
  );

  it('ends when its reader logs out, and not for others', async () => {
    const eve = await given.user();
    const { accessToken, refreshToken } = await api.logIn(eve);
    const id = await ask(api.as(eve), long);
    const url = `${api.baseUrl}/v1/jobs/${id}/events`;
    const reader = await EventReader.open(url, accessToken);
    const other = await open(api, eve, id);
    await reader.until('told', () => reader.events.length > 0);

    expect((await api.post('/v1/auth/logout', { refreshToken })).status).toBe(204);

    expect(await reader.end()).toBeLessThan(4000);
    expect(other.ended).toBe(false);
    await api.as(eve).post(`/v1/jobs/${id}/cancel`);
    await other.end();
  });

  it('ends when its reader is disabled, or deleted', async () => {
    for (const column of ['disabled_at', 'deleted_at']) {
      const eve = await given.user();
      const id = await ask(api.as(eve), { ...long, runAt: new Date(Date.now() + 60_000).toISOString() });
      const reader = await open(api, eve, id);
      await reader.until('told', () => reader.events.length > 0);
      await database.pool.query(`UPDATE users SET ${column} = now() WHERE id = $1`, [eve.id]);

      expect(await reader.end()).toBeLessThan(4000);
    }
  });

  it("ends when its reader may not read others' jobs any more", async () => {
    const former = await given.admin();
    const id = await ask(api.as(ada), { ...long, runAt: new Date(Date.now() + 60_000).toISOString() });
    const reader = await open(api, former, id);
    const own = await open(api, ada, id);
    await reader.until('told', () => reader.events.length > 0);
    await api.as(admin).patch(`/v1/users/${former.id}`, { roles: ['user'] }, { 'If-Match': '*' });

    expect(await reader.end()).toBeLessThan(4000);
    expect(own.ended).toBe(false);
    own.leave();
  });

  it('ends when the job is gone', async () => {
    const id = await ask(api.as(ada), { ...long, runAt: new Date(Date.now() + 60_000).toISOString() });
    const reader = await open(api, ada, id);
    await reader.until('told', () => reader.events.length > 0);
    await database.pool.query('DELETE FROM jobs WHERE id = $1', [id]);

    await reader.end();
    expect(reader.ids).toEqual([1]);
  });

  it('asks nothing of the database when nobody reads', async () => {
    await delay(600);
    const { rows } = await database.pool.query<{ asked: number }>(
      `SELECT count(*)::int AS asked FROM pg_stat_activity WHERE datname = current_database()
       AND query LIKE '%unnest%after%' AND state_change > now() - interval '300 milliseconds' AND pid <> pg_backend_pid()`,
    );

    expect(rows).toEqual([{ asked: 0 }]);
  });
});
