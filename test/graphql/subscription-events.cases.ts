import { describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { EventReads } from '../harness/app/event-reads.ts';
import { EventReader } from '../harness/http/event-reader.ts';
import { graphql } from '../harness/http/graphql.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { connectAs, subscriptionsApp } from './subscriptions-app.ts';

const running = await subscriptionsApp();
const { app, api, factory, database } = running;
const ada = await factory.user({ roles: [] });
const asAda = api.as(ada);
const finished = await createJob(asAda, { type: 'test.steps', payload: { steps: 3, stepMs: 250 } });
await waitForState(asAda, finished, 'succeeded');

/** A job that runs until it is cancelled. */
const long = { type: 'test.steps', payload: { steps: 2000, stepMs: 220 } };

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

describe('The subscription jobEvents', () => {
  it('sends events as they happen, and completes with the job', async () => {
    const id = await createJob(asAda, { ...long, runAt: inAnHour() });
    const client = await connectAs(running, ada);
    const subscription = client.jobEvents(id);
    await subscription.until('it has received an event', () => subscription.events.length > 0);

    await database.pool.query('UPDATE jobs SET run_at = now(), next_delivery_at = now() WHERE id = $1', [id]);
    await subscription.until('it has received progress', () =>
      subscription.events.some(({ kind }) => kind === 'progress'),
    );
    expect(await asAda.get(`/v1/jobs/${id}`)).toMatchObject({ body: { state: 'running' } });
    await asAda.post(`/v1/jobs/${id}/cancel`);
    await subscription.end();

    expect(subscription.problems).toEqual([]);
    expect(subscription.seqs).toEqual(upTo(subscription.seqs.length));
    expect(subscription.events.filter(({ kind }) => kind !== 'progress')).toMatchObject([
      { kind: 'state', state: 'scheduled', progress: null },
      { kind: 'state', state: 'queued' },
      { kind: 'state', state: 'running', attempt: 1 },
      { kind: 'done', state: 'cancelled' },
    ]);
    client.socket.close();
  });

  it('has the events of the stream of the API', async () => {
    const { accessToken } = await api.tokensOf(ada);
    const reader = await EventReader.open(`${api.baseUrl}/v1/jobs/${finished}/events`, accessToken);
    const client = await connectAs(running, ada);
    const subscription = client.jobEvents(finished);
    await Promise.all([reader.end(), subscription.end()]);

    const event = ({ id, event: kind, data }: EventReader['events'][number]): object => {
      const { at, state = null, done } = data;
      return { seq: id, kind, at, state, progress: done === undefined ? null : { done, total: data['total'] } };
    };
    expect(subscription.events).toMatchObject(reader.events.map(event));
    expect(subscription.events).toHaveLength(reader.events.length);
    expect(subscription.events.slice(-2)).toMatchObject([
      { kind: 'progress', state: null, progress: { done: 3, total: 3 } },
      { kind: 'done', state: 'succeeded', result: { steps: 3 } },
    ]);
    client.socket.close();
  });

  it('resumes after a disconnection, without loss or repetition', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 12, stepMs: 220 } });
    const seen: number[] = [];
    for (let done = false; !done;) {
      const client = await connectAs(running, ada);
      const subscription = client.jobEvents(id, seen.at(-1) ?? 0);
      await subscription.until('it has received more', () => subscription.events.length > 1 || subscription.completed);
      client.socket.terminate();
      const received = subscription.events;
      seen.push(...received.map(({ seq }) => seq));
      done = received.some(({ kind }) => kind === 'done');
    }

    expect(seen).toEqual(upTo(seen.length));
    expect(seen.length).toBeGreaterThan(8);
  });

  it('completes at once after the last event, and begins anew after one that never was', async () => {
    const client = await connectAs(running, ada);
    const all = client.jobEvents(finished);
    await all.end();
    const none = client.jobEvents(finished, all.seqs.length);
    const unknown = client.jobEvents(finished, 999_999_999);
    await Promise.all([none.end(), unknown.end()]);

    expect([none.completed, none.seqs]).toEqual([true, []]);
    expect(unknown.seqs).toEqual(all.seqs);
    client.socket.close();
  });

  it('fails with the problems of the API', async () => {
    const client = await connectAs(running, await factory.user({ roles: [] }));
    const foreign = client.jobEvents(finished);
    const missing = client.jobEvents('01938c5e-7a80-7000-8000-3f2d6c1b9a04');
    const invalid = client.jobEvents('1', -1);
    await Promise.all([foreign.end(), missing.end(), invalid.end()]);
    const admin = await connectAs(running, await factory.admin());
    const permitted = admin.jobEvents(finished);
    await permitted.end();

    for (const { problems } of [foreign, missing])
      expect(problems).toMatchObject([{ path: ['jobEvents'], extensions: { code: 'not_found', status: 404 } }]);
    expect(invalid.problems).toMatchObject([
      { extensions: { code: 'validation_failed', errors: [{ pointer: '#/id' }, { pointer: '#/after' }] } },
    ]);
    expect(permitted.problems).toEqual([]);
    expect(permitted.events.at(-1)).toMatchObject({ kind: 'done' });
    client.socket.close();
    admin.socket.close();
  });

  it('is no operation of POST /graphql', async () => {
    const { data, errors } = await graphql(asAda, `subscription { jobEvents(id: "${finished}") { seq } }`);

    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'invalid_graphql_document' } }]);
  });

  it('causes no queries after its client has unsubscribed', async () => {
    const reads = new EventReads(app);
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 0 }, runAt: inAnHour() });
    const client = await connectAs(running, ada);
    const subscription = client.jobEvents(id);
    await subscription.until('it has received an event', () => subscription.events.length === 1);
    await reads.next();

    subscription.unsubscribe();

    await reads.silence();
    client.socket.close();
  });

  it('waits for a slow client without buffering for it', async () => {
    const id = await createJob(asAda, { type: 'test.steps', payload: { steps: 1, stepMs: 50_000 } });
    await waitForState(asAda, id, 'running');
    // More than the buffers of the system hold.
    const count = 2000;
    await database.pool.query(
      `INSERT INTO job_events (job_id, seq, kind, data)
       SELECT $1, 2 + n, 'state', jsonb_build_object('at', now(), 'state', 'queued', 'attempt', 1, 'error',
         jsonb_build_object('name', repeat('x', 10000), 'message', '-')) FROM generate_series(1, $2) n`,
      [id, count],
    );
    await database.pool.query('UPDATE jobs SET event_seq = event_seq + $2 WHERE id = $1', [id, count]);
    const reads = new EventReads(app);
    const client = await connectAs(running, ada);
    client.socket.once('message', () => {
      client.socket.pause();
    });
    const subscription = client.jobEvents(id);
    await reads.next();

    await reads.silence();
    expect(client.messages.length).toBeLessThan(count);
    client.socket.resume();
    await asAda.post(`/v1/jobs/${id}/cancel`);
    await waitUntil('it has received all', () => client.messages.at(-1)?.type === 'complete', 60_000);

    expect(subscription.seqs).toEqual(upTo(subscription.seqs.length));
    expect(subscription.events.at(-1)).toMatchObject({ kind: 'done', state: 'cancelled' });
    client.socket.close();
  });

  it('serves the client graphql-ws', async () => {
    const client = createClient({
      url: `${api.baseUrl.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: async () => ({ Authorization: `Bearer ${(await api.tokensOf(ada)).accessToken}` }),
    });
    const seqs: unknown[] = [];
    for await (const { data } of client.iterate<{ jobEvents: { seq: number } }>({
      query: 'subscription ($id: ID!) { jobEvents(id: $id) { seq } }',
      variables: { id: finished },
    }))
      seqs.push(data?.jobEvents.seq);
    await client.dispose();

    expect(seqs.length).toBeGreaterThan(3);
    expect(seqs).toEqual(upTo(seqs.length));
  });
});
