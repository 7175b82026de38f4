import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { frontEndOrigin, jobsApp } from '../harness/app/jobs-app.ts';
import { EventReader } from '../harness/http/event-reader.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const origin = frontEndOrigin;
const { api, factory, database } = await jobsApp();
const ada = await factory.user({ roles: [] });
const asAda = api.as(ada);

async function open(id: string, headers: Readonly<Record<string, string>> = {}, login = ada): Promise<EventReader> {
  const { accessToken } = await api.tokensOf(login);
  return await EventReader.open(`${api.baseUrl}/v1/jobs/${id}/events`, accessToken, headers);
}

/** A finished job, and the seq of its last event. */
const { id: finished, last } = await (async () => {
  const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 3, stepMs: 250 } });
  await waitForState(asAda, id, 'succeeded');
  const { rows } = await database.pool.query<{ last: number }>('SELECT event_seq AS last FROM jobs WHERE id = $1', [
    id,
  ]);
  return { id, last: rows[0]?.last ?? 0 };
})();

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

describe('GET /v1/jobs/{id}/events', () => {
  it('sends events as they happen, and ends with the job', async () => {
    await api.tokensOf(ada);
    const runAt = new Date(Date.now() + 2000).toISOString();
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 3, stepMs: 300 }, runAt });

    const reader = await open(id);
    await reader.until('it has received progress', () => reader.events.some(({ event }) => event === 'progress'));
    expect(await asAda.get(`/v1/jobs/${id}`)).toMatchObject({ body: { state: 'running' } });
    await reader.end();

    expect(reader.ids).toEqual(upTo(reader.ids.length));
    expect(reader.events.filter(({ event }) => event !== 'progress')).toMatchObject([
      { event: 'state', data: { state: 'scheduled' } },
      { event: 'state', data: { state: 'queued' } },
      { event: 'state', data: { state: 'running', attempt: 1 } },
      { event: 'done', data: { state: 'succeeded', result: { steps: 3 } } },
    ]);
    expect(reader.events.at(-2)).toMatchObject({ event: 'progress', data: { done: 3, total: 3 } });
    expect(reader.events.at(-1)).toMatchObject({ event: 'done' });
  });

  it('states the time of each event; the job finished after the last progress', async () => {
    const reader = await open(finished);
    await reader.end();
    const { body } = await asAda.get(`/v1/jobs/${finished}`);

    const times = reader.events.map(({ data }) => (data as { at: string }).at);
    const { createdAt, finishedAt } = body as { createdAt: string; finishedAt: string };
    expect(times.filter((time) => !isoTime.test(time))).toEqual([]);
    expect([createdAt, ...times].toSorted()).toEqual([createdAt, ...times]);
    expect(finishedAt >= (times.at(-2) ?? '')).toBe(true);
  });

  it('has the headers of every response', async () => {
    const reader = await open(finished, { Origin: origin, 'X-Request-Id': 'mine' });

    expect(reader.status).toBe(200);
    expect(Object.fromEntries(reader.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-request-id': 'mine',
      'access-control-allow-origin': origin,
      vary: 'Origin',
    });
    await reader.end();
    expect(reader.text).toMatch(
      /^retry: 1000\n\nid: 1\nevent: state\ndata: \{"at": ?"[^"]+Z", ?"state": ?"queued"\}\n\n/,
    );
  });

  it('replays a finished job and ends, or ends at once after the last event', async () => {
    const all = await open(finished);
    const none = await open(finished, { 'Last-Event-ID': String(last) });
    await Promise.all([all.end(), none.end()]);

    expect(all.ids).toEqual(upTo(last));
    expect(none.ids).toEqual([]);
  });

  it('resumes after Last-Event-ID, without loss or repetition', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 12, stepMs: 220 } });
    const seen: number[] = [];
    for (let done = false; !done;) {
      const reader = await open(id, seen.length === 0 ? {} : { 'Last-Event-ID': String(seen.at(-1)) });
      await reader.until('it has received more', () => reader.events.length > 1 || reader.ended);
      reader.close();
      seen.push(...reader.ids);
      done = reader.events.some(({ event }) => event === 'done');
    }

    expect(seen).toEqual(upTo(seen.length));
    expect(seen.length).toBeGreaterThan(8);
  });

  it.each(['abc', '-1', '1.5', '0x1', '99999999999999', '500', ' ', "1' OR 1=1"])(
    'starts at the first event for the Last-Event-ID %j',
    async (lastEventId) => {
      const reader = await open(finished, { 'Last-Event-ID': lastEventId });
      await reader.end();

      expect(reader.ids).toEqual(upTo(last));
    },
  );

  it('serves many readers of many jobs', async () => {
    const ids = await Promise.all(
      [2, 3, 4].map(async (steps) => await createJob(asAda, { type: 'test.steps', payload: { steps, stepMs: 250 } })),
    );

    const readers = await Promise.all([...ids, ...ids, ...ids].map(async (id) => await open(id)));
    await Promise.all(
      readers.map(async (reader) => {
        await reader.end();
      }),
    );

    for (const [at, reader] of readers.entries()) {
      expect(reader.ids).toEqual(upTo(reader.ids.length));
      expect(reader.events.at(-1)).toMatchObject({ event: 'done', data: { result: { steps: (at % 3) + 2 } } });
    }
  });

  it('continues after the earlier end of a retried job', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 0, fails: true } });
    await waitForState(asAda, id, 'dead');
    await asAda.post(`/v1/jobs/${id}/retry`);

    const reader = await open(id);
    await reader.end();

    expect(reader.events.map(({ event, data }) => [event, data['state']])).toEqual([
      ['state', 'queued'],
      ['state', 'running'],
      ['done', 'dead'],
      ['state', 'queued'],
      ['state', 'running'],
      ['done', 'dead'],
    ]);
  });

  it('returns a problem for the job of another user, for a missing one, and without authentication', async () => {
    const asBob = api.as(await factory.user({ roles: [] }));
    const same = { 'X-Request-Id': 'same' };

    const foreign = await asBob.get(`/v1/jobs/${finished}/events`, same);

    expect(foreign).toBeProblem('not-found', 404);
    expect((await asBob.get('/v1/jobs/01938c5e-7a80-7000-8000-3f2d6c1b9a04/events', same)).text).toBe(foreign.text);
    expect(await api.get(`/v1/jobs/${finished}/events`)).toBeProblem('unauthenticated', 401);
    expect((await open(finished, {}, await factory.admin())).status).toBe(200);
  });

  it('waits for a slow reader without buffering for it', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 1, stepMs: 50_000 } });
    await waitForState(asAda, id, 'running');
    const count = 20_000;
    await database.pool.query(
      `INSERT INTO job_events (job_id, seq, kind, data)
       SELECT $1, 2 + n, 'state', jsonb_build_object('state', 'queued', 'attempt', 1, 'error',
         jsonb_build_object('name', 'Error', 'message', repeat('x', 1000))) FROM generate_series(1, $2) n`,
      [id, count],
    );
    await database.pool.query('UPDATE jobs SET event_seq = event_seq + $2 WHERE id = $1', [id, count]);
    const reader = await open(id);
    reader.pauseReading(2000);
    await delay(1500);
    expect(reader.ids.length).toBeLessThan(count);
    await asAda.post(`/v1/jobs/${id}/cancel`);
    await reader.end();

    expect(reader.ids).toEqual(upTo(reader.ids.length));
    expect(reader.events.at(-1)).toMatchObject({ event: 'done', data: { state: 'cancelled' } });
  });

  it('ends after the headers of a HEAD request', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 1, stepMs: 30_000 } });
    const { accessToken } = await api.tokensOf(ada);

    const response = await fetch(`${api.baseUrl}/v1/jobs/${id}/events`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    await delay(50);

    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await asAda.post(`/v1/jobs/${id}/cancel`);
  });
});

describe('A user who reads many jobs', () => {
  /** Finished jobs, each with three events. */
  async function finishedJobs(ownerId: string, count: number): Promise<string[]> {
    const { rows } = await database.pool.query<{ id: string }>(
      `WITH job AS (
         INSERT INTO jobs (id, type, queue, owner_id, payload, state, delivery, max_attempts, run_at, finished_at, event_seq)
         SELECT gen_random_uuid(), 'test.steps', 'heavy', $1, '{}', 'cancelled', 'done', 1, now(), now(), 3
         FROM generate_series(1, $2) RETURNING id
       ), event AS (
         INSERT INTO job_events (job_id, seq, kind, data)
         SELECT id, seq, CASE seq WHEN 3 THEN 'done' ELSE 'state' END,
           jsonb_build_object('state', CASE seq WHEN 1 THEN 'queued' WHEN 2 THEN 'running' ELSE 'cancelled' END)
         FROM job, generate_series(1, 3) AS seq
       ) SELECT id FROM job`,
      [ownerId, count],
    );
    return rows.map(({ id }) => id);
  }

  it('receives the events of all of them', async () => {
    const user = await factory.user({ roles: [] });
    const ids = await finishedJobs(user.id, 99);

    const readers = await Promise.all(ids.map(async (id) => await open(id, {}, user)));
    for (const reader of readers) await reader.end();

    expect(readers.map((reader) => reader.ids)).toEqual(ids.map(() => [1, 2, 3]));
  });

  it('may have 100 open streams, and opens another when one has ended', async () => {
    const user = await factory.user({ roles: [] });
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const id = await createJob(api.as(user), { type: 'test.steps', payload: { steps: 0 }, runAt });
    const readers = await Promise.all(Array.from({ length: 100 }, async () => await open(id, {}, user)));
    expect(new Set(readers.map(({ status }) => status))).toEqual(new Set([200]));

    const refused = await api.as(user).get(`/v1/jobs/${id}/events`);
    const other = await open(finished);
    await other.end();
    readers[0]?.close();

    expect(refused).toBeProblem('too-many-requests', 429);
    expect(refused.headers['retry-after']).toBe('10');
    expect(other.status).toBe(200);
    await waitUntil('another stream can be opened', async () => {
      const next = await open(id, {}, user);
      readers.push(next);
      return next.status === 200;
    });
    for (const reader of readers) reader.close();
  });
});
