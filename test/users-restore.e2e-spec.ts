import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';

const { api, given, database } = await start();
const admin = await given.admin();
const asAdmin = api.as(admin);

describe('POST /v1/users/{id}/restore', () => {
  it('brings a user back as they were, but without sessions', async () => {
    const user = await given.user({ displayName: 'Back' });
    const tokens = await api.tokensOf(user);
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });

    const reply = await asAdmin.post(`/v1/users/${user.id}/restore`);

    expect(reply).toMatchObject({ status: 200, body: { id: user.id, displayName: 'Back', status: 'active' } });
    expect(await api.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken })).toBeProblem(
      'invalid-refresh-token',
      401,
    );
    expect((await api.post('/v1/auth/login', { email: user.email, password: user.password })).status).toBe(200);
    expect(await given.auditEvents({ subjectId: user.id, event: 'user_restored' })).toMatchObject([
      { actor_id: admin.id },
    ]);
  });

  it('changes nothing for a user who is back already', async () => {
    const user = await given.user();

    const reply = await asAdmin.post(`/v1/users/${user.id}/restore`);

    expect(reply).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    expect(await given.auditEvents({ subjectId: user.id, event: 'user_restored' })).toEqual([]);
  });

  it('is refused when somebody else has the address by now', async () => {
    const user = await given.user();
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });
    await given.user({ email: user.email.toUpperCase() });

    expect(await asAdmin.post(`/v1/users/${user.id}/restore`)).toBeProblem('email-taken', 409);
    expect(await asAdmin.get(`/v1/users/${user.id}`)).toBeProblem('not-found', 404);
  });

  it('displaces what nobody has verified', async () => {
    const user = await given.user();
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });
    const squatter = await given.user({ email: user.email, verified: false });

    expect((await asAdmin.post(`/v1/users/${user.id}/restore`)).status).toBe(200);
    expect(await asAdmin.get(`/v1/users/${squatter.id}`)).toBeProblem('not-found', 404);
    expect(await given.auditEvents({ subjectId: squatter.id, event: 'user_deleted' })).toHaveLength(1);
  });

  it('brings back one of two who had the same address', async () => {
    const one = await given.user({ deleted: true });
    const two = await given.user({ deleted: true, email: one.email });

    const replies = await Promise.all([one, two].map(async ({ id }) => await asAdmin.post(`/v1/users/${id}/restore`)));

    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('finds nobody after 30 days, nor who never was', async () => {
    const user = await given.user({ deleted: true });
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '30 days' WHERE id = $1`, [user.id]);

    expect(await asAdmin.post(`/v1/users/${user.id}/restore`)).toBeProblem('not-found', 404);
    expect(await asAdmin.post('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04/restore')).toBeProblem('not-found', 404);
    expect(await api.as(await given.user()).post(`/v1/users/${user.id}/restore`)).toBeProblem('forbidden', 403);
  });
});

describe('A deleted user', () => {
  it('leaves no schedule behind that goes on in their name', async () => {
    const owner = await given.admin();
    const schedule = { type: 'users.export', payload: { format: 'csv' }, cron: '0 3 * * *', timezone: 'UTC' };
    const { id } = (await api.as(owner).post('/v1/job-schedules', schedule)).body as { id: string };

    await asAdmin.delete(`/v1/users/${owner.id}`, { 'If-Match': '*' });

    expect((await asAdmin.get(`/v1/job-schedules/${id}`)).body).toMatchObject({ paused: true, nextRunAt: null });
  });
});

describe('GET /v1/users/{id}/audit-events', () => {
  it('counts them when it is asked to, and says that it did', async () => {
    const user = await given.user();

    const reply = await asAdmin.get(`/v1/users/${user.id}/audit-events`, { Prefer: 'return=total-count' });

    expect(reply).toMatchObject({ status: 200, body: { data: [], page: { total: 0 } } });
    expect(reply.headers['preference-applied']).toBe('return=total-count');
  });

  it('lists what was done to a user, the newest first, also when they are deleted', async () => {
    const user = await given.user();
    await asAdmin.patch(`/v1/users/${user.id}`, { displayName: 'One' }, { 'If-Match': '*' });
    await asAdmin.patch(`/v1/users/${user.id}`, { roles: ['user', 'admin'] }, { 'If-Match': '*' });
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });

    const first = await asAdmin.get(`/v1/users/${user.id}/audit-events?limit=2`);
    const { data, page } = first.body as { data: { event: string }[]; page: { next: string } };
    const rest = await asAdmin.get(`/v1/users/${user.id}/audit-events?limit=2&cursor=${page.next}`);

    expect(data).toMatchObject([
      { event: 'user_deleted', outcome: 'success', actorId: admin.id, subjectId: user.id, ip: '127.0.0.1' },
      { event: 'authz_admin', reason: 'roles set to user admin' },
    ]);
    expect(rest.body).toMatchObject({ data: [{ event: 'user_updated' }], page: { next: null, hasMore: false } });
    const filtered = await asAdmin.get(`/v1/users/${user.id}/audit-events?event=authz_admin&outcome=success&sort=at`);
    expect(filtered.body).toMatchObject({ data: [{ event: 'authz_admin' }] });
  });

  it('takes no cursor of another user', async () => {
    const [one, two] = [await given.user(), await given.user()];
    for (const { id } of [one, one, two]) {
      await asAdmin.patch(`/v1/users/${id}`, { displayName: 'Anew' }, { 'If-Match': '*' });
    }
    const { page } = (await asAdmin.get(`/v1/users/${one.id}/audit-events?limit=1`)).body as { page: { next: string } };

    expect(await asAdmin.get(`/v1/users/${two.id}/audit-events?limit=1&cursor=${page.next}`)).toBeProblem(
      'cursor-invalid',
      400,
    );
  });

  it('tells what a user was refused', async () => {
    const user = await given.user();
    await api.as(user).get('/v1/users');

    const { body } = await asAdmin.get(`/v1/users/${user.id}/audit-events?outcome=failure`);

    expect(body).toMatchObject({ data: [{ event: 'authz_fail', actorId: user.id, subjectId: user.id }] });
  });

  it('is for auditors, and about somebody', async () => {
    const user = await given.user();

    expect(await api.as(user).get(`/v1/users/${user.id}/audit-events`)).toBeProblem('forbidden', 403);
    expect(await asAdmin.get('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04/audit-events')).toBeProblem(
      'not-found',
      404,
    );
    expect(await asAdmin.get(`/v1/users/${user.id}/audit-events?outcome=maybe`)).toBeProblem('parameter-invalid', 400);
  });
});
