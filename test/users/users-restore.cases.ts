import { describe, expect, it } from '@jest/globals';
import { usersApp } from './users-app.ts';

const { api, factory, database } = await usersApp();
const admin = await factory.admin();
const asAdmin = api.as(admin);

describe('POST /v1/users/{id}/restore', () => {
  it('restores a deleted user without sessions', async () => {
    const user = await factory.user({ displayName: 'Restored' });
    const tokens = await api.tokensOf(user);
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });

    const response = await asAdmin.post(`/v1/users/${user.id}/restore`);

    expect(response).toMatchObject({ status: 200, body: { id: user.id, displayName: 'Restored', status: 'active' } });
    expect(await api.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken })).toBeProblem(
      'invalid-refresh-token',
      401,
    );
    expect((await api.post('/v1/auth/login', { email: user.email, password: user.password })).status).toBe(200);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'user_restored' })).toMatchObject([
      { actor_id: admin.id },
    ]);
  });

  it('changes nothing for a user that is not deleted', async () => {
    const user = await factory.user();

    const response = await asAdmin.post(`/v1/users/${user.id}/restore`);

    expect(response).toMatchObject({ status: 200, headers: { etag: '"1"' } });
    expect(await factory.auditEvents({ subjectId: user.id, event: 'user_restored' })).toEqual([]);
  });

  it('returns 409 when another user has the email address', async () => {
    const user = await factory.user();
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });
    await factory.user({ email: user.email.toUpperCase() });

    expect(await asAdmin.post(`/v1/users/${user.id}/restore`)).toBeProblem('email-taken', 409);
    expect(await asAdmin.get(`/v1/users/${user.id}`)).toBeProblem('not-found', 404);
  });

  it('deletes an unverified account with the email address', async () => {
    const user = await factory.user();
    await asAdmin.delete(`/v1/users/${user.id}`, { 'If-Match': '*' });
    const unverified = await factory.user({ email: user.email, verified: false });

    expect((await asAdmin.post(`/v1/users/${user.id}/restore`)).status).toBe(200);
    expect(await asAdmin.get(`/v1/users/${unverified.id}`)).toBeProblem('not-found', 404);
    expect(await factory.auditEvents({ subjectId: unverified.id, event: 'user_deleted' })).toHaveLength(1);
  });

  it('restores one of two users who had the same email address', async () => {
    const one = await factory.user({ deleted: true });
    const two = await factory.user({ deleted: true, email: one.email });

    const responses = await Promise.all(
      [one, two].map(async ({ id }) => await asAdmin.post(`/v1/users/${id}/restore`)),
    );

    expect(responses.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('returns 404 after 30 days and for an unknown user', async () => {
    const user = await factory.user({ deleted: true });
    await database.pool.query(`UPDATE users SET deleted_at = now() - interval '30 days' WHERE id = $1`, [user.id]);

    expect(await asAdmin.post(`/v1/users/${user.id}/restore`)).toBeProblem('not-found', 404);
    expect(await asAdmin.post('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04/restore')).toBeProblem('not-found', 404);
    expect(await api.as(await factory.user({ roles: [] })).post(`/v1/users/${user.id}/restore`)).toBeProblem(
      'forbidden',
      403,
    );
  });
});

describe('A deleted user', () => {
  it('has only paused schedules', async () => {
    const owner = await factory.admin();
    const schedule = { type: 'users.export', payload: { format: 'csv' }, cron: '0 3 * * *', timezone: 'UTC' };
    const { id } = (await api.as(owner).post('/v1/job-schedules', schedule)).body as { id: string };

    await asAdmin.delete(`/v1/users/${owner.id}`, { 'If-Match': '*' });

    expect((await asAdmin.get(`/v1/job-schedules/${id}`)).body).toMatchObject({ paused: true, nextRunAt: null });
  });
});

describe('GET /v1/users/{id}/audit-events', () => {
  it('returns the total count on request, with Preference-Applied', async () => {
    const user = await factory.user();

    const response = await asAdmin.get(`/v1/users/${user.id}/audit-events`, { Prefer: 'return=total-count' });

    expect(response).toMatchObject({ status: 200, body: { data: [], page: { total: 0 } } });
    expect(response.headers['preference-applied']).toBe('return=total-count');
  });

  it('lists the events about a deleted user, newest first', async () => {
    const user = await factory.user();
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

  it('rejects the cursor of another user', async () => {
    const [one, two] = [await factory.user(), await factory.user()];
    for (const { id } of [one, one, two]) {
      await asAdmin.patch(`/v1/users/${id}`, { displayName: 'Anew' }, { 'If-Match': '*' });
    }
    const { page } = (await asAdmin.get(`/v1/users/${one.id}/audit-events?limit=1`)).body as { page: { next: string } };

    expect(await asAdmin.get(`/v1/users/${two.id}/audit-events?limit=1&cursor=${page.next}`)).toBeProblem(
      'invalid-cursor',
      400,
    );
  });

  it('lists the rejected actions of a user', async () => {
    const user = await factory.user({ roles: [] });
    await api.as(user).get('/v1/users');

    const { body } = await asAdmin.get(`/v1/users/${user.id}/audit-events?outcome=failure`);

    expect(body).toMatchObject({ data: [{ event: 'authz_fail', actorId: user.id, subjectId: user.id }] });
  });

  it('returns 403 without the permission and 404 for an unknown user', async () => {
    const user = await factory.user({ roles: [] });

    expect(await api.as(user).get(`/v1/users/${user.id}/audit-events`)).toBeProblem('forbidden', 403);
    expect(await asAdmin.get('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04/audit-events')).toBeProblem(
      'not-found',
      404,
    );
    expect(await asAdmin.get(`/v1/users/${user.id}/audit-events?outcome=maybe`)).toBeProblem('invalid-parameter', 400);
  });
});
