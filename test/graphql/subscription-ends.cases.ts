import { describe, expect, it } from '@jest/globals';
import { createJob } from '../harness/http/job-calls.ts';
import { SubscriptionClient } from '../harness/http/subscription-client.ts';
import { connectAs, subscriptionsApp } from './subscriptions-app.ts';

const running = await subscriptionsApp();
const { api, factory, database } = running;
const ada = await factory.user({ roles: [] });
const admin = await factory.admin();
/** A job that runs until it is cancelled. */
const long = { type: 'test.steps', payload: { steps: 2000, stepMs: 220 } };

/** A job that begins after the test. */
function later(): object {
  return { ...long, runAt: new Date(Date.now() + 600_000).toISOString() };
}

describe('A connection for subscriptions', () => {
  it('is closed when its session ends, and stays open for other sessions', async () => {
    const eve = await factory.user({ roles: [] });
    const { accessToken, refreshToken } = await api.logIn(eve);
    const id = await createJob(api.as(eve), later());
    const client = await SubscriptionClient.connect(api.baseUrl, { authorization: `Bearer ${accessToken}` });
    const idle = await SubscriptionClient.connect(api.baseUrl, { authorization: `Bearer ${accessToken}` });
    const other = await connectAs(running, eve);
    const [subscription, continued] = [client.jobEvents(id), other.jobEvents(id)];
    await subscription.until('it has received an event', () => subscription.events.length > 0);

    expect((await api.post('/v1/auth/logout', { refreshToken })).status).toBe(204);

    expect(await client.close()).toBe(4401);
    expect(await idle.close()).toBe(4401);
    expect(subscription.completed).toBe(false);
    await api.as(eve).post(`/v1/jobs/${id}/cancel`);
    await continued.end();
    expect(continued.events.at(-1)).toMatchObject({ kind: 'done', state: 'cancelled' });
    other.socket.close();
  });

  it.each(['disabled_at', 'deleted_at'])('is closed when its user is %s', async (column) => {
    const eve = await factory.user({ roles: [] });
    const client = await connectAs(running, eve);

    await database.pool.query(`UPDATE users SET ${column} = now() WHERE id = $1`, [eve.id]);

    expect(await client.close()).toBe(4401);
  });
});

describe('The subscription jobEvents', () => {
  it("fails when its user loses the permission to read others' jobs; the connection stays open", async () => {
    const former = await factory.admin();
    const id = await createJob(api.as(ada), later());
    const own = await createJob(api.as(former), later());
    const client = await connectAs(running, former);
    const [lost, kept] = [client.jobEvents(id), client.jobEvents(own)];
    await lost.until('both have received an event', () => lost.events.length > 0 && kept.events.length > 0);

    await api.as(admin).patch(`/v1/users/${former.id}`, { roles: [] }, { 'If-Match': '*' });

    await lost.end();
    expect(lost.problems).toMatchObject([{ extensions: { code: 'forbidden', status: 403 } }]);
    const again = client.jobEvents(id);
    await again.end();
    expect(again.problems).toMatchObject([{ extensions: { code: 'not_found' } }]);
    expect([client.closed, kept.completed]).toEqual([undefined, false]);
    client.socket.close();
  });

  it('completes when the job is deleted', async () => {
    const id = await createJob(api.as(ada), later());
    const client = await connectAs(running, ada);
    const subscription = client.jobEvents(id);
    await subscription.until('it has received an event', () => subscription.events.length > 0);

    await database.pool.query('DELETE FROM jobs WHERE id = $1', [id]);
    await subscription.end();

    expect([subscription.completed, subscription.seqs]).toEqual([true, [1]]);
    client.socket.close();
  });
});
