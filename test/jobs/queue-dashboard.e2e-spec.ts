import { afterAll, describe, expect, it } from '@jest/globals';
import { JobQueue } from '../../src/platform/queue/job-queue.ts';
import { startApp } from '../harness/app/app.ts';
import { EffectJob, TestJobsModule } from '../harness/app/test-jobs.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { RedisServer } from '../harness/redis/redis-server.ts';

const redis = await RedisServer.start();
const { app, api, factory, database, invalidationsDelivered } = await startApp(
  { REDIS_URL: redis.url, WORKER: 'off' },
  [TestJobsModule],
);
const path = '/admin/queues';

afterAll(async () => {
  await redis.stop();
});

/** A page or a file of the dashboard, which the API document does not describe. */
async function open(url: string, { cookie = '', method = 'GET' } = {}): Promise<Response> {
  return await fetch(api.baseUrl + url, { method, headers: { cookie, accept: 'application/json' } });
}

/** Logs a new administrator in and returns the cookie of the dashboard. */
async function createAccess(): Promise<{ userId: string; cookie: string; attributes: string }> {
  const admin = await factory.admin();
  const { status, headers } = await api.as(admin).post('/v1/queues/dashboard');
  expect(status).toBe(204);
  const [cookie = '', ...attributes] = (headers['set-cookie'] ?? '').split('; ');
  return { userId: admin.id, cookie, attributes: attributes.join('; ') };
}

describe('POST /v1/queues/dashboard', () => {
  it('sets a cookie for ten minutes that scripts cannot read', async () => {
    const { cookie, attributes } = await createAccess();

    expect(cookie).toMatch(/^queues=[\w-]+$/);
    expect(attributes).toBe('Path=/; Max-Age=600; HttpOnly; SameSite=Strict');
  });

  it('is refused to users without the permission', async () => {
    const user = api.as(await factory.user({ roles: [] }));

    expect(await user.post('/v1/queues/dashboard')).toBeProblem('forbidden', 403);
  });
});

describe('/admin/queues', () => {
  it('shows the queues and their messages, without requests to other hosts', async () => {
    const { cookie } = await createAccess();
    const id = await app.get(JobQueue).enqueue(EffectJob, { key: 'a' });
    const list = `${path}/api/queues?activeQueue=default&status=prioritized&page=1`;
    await waitUntil('the message is listed', async () => (await (await open(list, { cookie })).text()).includes(id));

    const page = await open(path, { cookie });
    const text = await page.text();
    const script = /src="(static\/js\/[^"]+)"/.exec(text)?.[1] ?? '';

    expect(page.status).toBe(200);
    expect(text).toContain(`<base href="${path}/"`);
    expect(text).not.toMatch(/(href|src)="https?:/);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none';script-src 'self';/);
    expect((await open(`${path}/${script}`, { cookie })).status).toBe(200);
    expect(await (await open(list, { cookie })).json()).toMatchObject({
      queues: [{ name: 'default', readOnlyMode: true }, { name: 'heavy' }],
    });
  });

  it('changes nothing', async () => {
    const { cookie } = await createAccess();
    const pause = `${path}/api/queues/default/pause`;

    const refused = await open(pause, { cookie, method: 'PUT' });

    expect(refused.status).toBe(405);
    expect(refused.headers.get('allow')).toBe('GET, HEAD');
    expect(await refused.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it.each([path, `${path}/api/queues`, `${path}/static/js/main.js`, `${path}/queue/default`])(
    'requires the cookie: %s',
    async (url) => {
      for (const cookie of ['', 'queues=AAAA', 'other=x']) {
        const refused = await open(url, { cookie });
        expect({ cookie, status: refused.status }).toEqual({ cookie, status: 401 });
        expect(await refused.json()).toMatchObject({ code: 'unauthenticated' });
      }
    },
  );

  it.each([
    ['the session was revoked', 'UPDATE sessions SET revoked_at = now() WHERE user_id = $1', 401],
    ['the role was removed', `UPDATE users SET roles = '{}' WHERE id = $1`, 403],
  ])('is closed when %s', async (_, change, status) => {
    const { userId, cookie } = await createAccess();
    expect((await open(path, { cookie })).status).toBe(200);

    await database.pool.query(change, [userId]);
    await invalidationsDelivered();

    expect((await open(path, { cookie })).status).toBe(status);
  });

  it('returns 503 while Redis is stopped, and the pages afterwards', async () => {
    const { cookie } = await createAccess();
    await redis.stop();
    await waitUntil('the loss is noticed', async () => (await open(path, { cookie })).status === 503);

    await redis.startAgain();

    await waitUntil('the pages are back', async () => (await open(path, { cookie })).status === 200);
  });
});
