import { describe, expect, it } from '@jest/globals';
import { invalidAuditFilters } from '../contracts/rule-tables.ts';
import { sharedApp } from '../harness/app/app.ts';

const { api, factory } = await sharedApp();
const admin = await factory.admin();
const asAdmin = api.as(admin);

type Event = Readonly<Record<string, unknown>>;

interface Page {
  readonly data: readonly Event[];
  readonly page: { readonly next: string | null; readonly hasMore: boolean };
}

async function page(path: string, as = asAdmin): Promise<Page> {
  const response = await as.get(path);
  expect(response.status).toBe(200);
  return response.body as Page;
}

describe('GET /v1/auth/security-events', () => {
  it('lists the events about the caller, newest first', async () => {
    const user = await factory.user();
    await api.post('/v1/auth/login', { email: user.email, password: 'a wrong one' }, { 'User-Agent': 'attacker' });
    await api.logIn(user);

    const { data } = await page('/v1/auth/security-events', api.as(user));

    expect(data.map(({ event, outcome, actor, currentSession }) => [event, outcome, actor, currentSession])).toEqual([
      ['authn_login_success', 'success', 'self', true],
      ['authn_login_success', 'success', 'self', false],
      ['authn_login_fail', 'failure', 'unknown', false],
    ]);
    expect(data[2]).toMatchObject({ reason: 'wrong password', ip: '127.0.0.1', userAgent: 'attacker' });
  });

  it('reports the actor `other` without identity or origin for an action of another user', async () => {
    const user = await factory.user();
    const change = { displayName: 'Another' };
    await asAdmin.patch(`/v1/users/${user.id}`, change, { 'If-Match': '*', 'User-Agent': 'secret-browser' });

    const { data } = await page('/v1/auth/security-events?event=user_updated', api.as(user));

    expect(data).toEqual([
      {
        id: expect.any(String),
        at: expect.any(String),
        event: 'user_updated',
        outcome: 'success',
        actor: 'other',
        reason: null,
        ip: null,
        userAgent: null,
        currentSession: false,
      },
    ]);
  });

  it('omits events of other users and rejects their cursors', async () => {
    const [ada, bob] = [await factory.user(), await factory.user()];
    for (let time = 0; time < 2; time += 1) await api.logIn(ada);
    const { data, page: info } = await page('/v1/auth/security-events?limit=1', api.as(ada));
    const ids = (await page('/v1/auth/security-events', api.as(bob))).data.map(({ id }) => id);

    expect(ids).toHaveLength(1);
    expect(ids).not.toContain(data[0]?.['id']);
    const stolen = await api.as(bob).get(`/v1/auth/security-events?limit=1&cursor=${info.next ?? ''}`);
    expect(stolen).toBeProblem('invalid-cursor', 400);
  });

  it.each(['subjectId', 'actorId', 'userId'])('rejects the parameter %s', async (name) => {
    const user = await factory.user();

    expect(await api.as(user).get(`/v1/auth/security-events?${name}=${admin.id}`)).toBeProblem(
      'invalid-parameter',
      400,
    );
  });

  it('returns 401 without a token', async () => {
    expect(await api.get('/v1/auth/security-events')).toBeProblem('unauthenticated', 401);
  });
});

describe('GET /v1/audit-events', () => {
  it('filters by actor, subject, time, event and outcome', async () => {
    const [boss, user] = [await factory.admin(), await factory.user()];
    const before = new Date().toISOString();
    await api.as(boss).post(`/v1/users/${user.id}/disable`);
    await api.as(boss).post(`/v1/users/${user.id}/enable`);
    const both = `actorId=${boss.id}&subjectId=${user.id}`;

    const reasons = async (query: string): Promise<unknown[]> =>
      (await page(`/v1/audit-events?${query}`)).data.map(({ reason }) => reason);

    expect(await reasons(both)).toEqual(['enabled', 'disabled']);
    expect(await reasons(`${both}&sort=at&since=${before}`)).toEqual(['disabled', 'enabled']);
    expect(await reasons(`${both}&until=${before}`)).toEqual([]);
    expect(await reasons(`${both}&event=authz_admin&outcome=failure`)).toEqual([]);
  });

  it('pages through all events without gaps or repetitions', async () => {
    const user = await factory.user();
    for (let time = 0; time < 5; time += 1) await api.logIn(user);
    const ids: unknown[] = [];

    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { data, page: info }: Page = await page(`/v1/audit-events?limit=2&subjectId=${user.id}${query}`);
      ids.push(...data.map(({ id }) => id));
      cursor = info.next;
    }

    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
  });

  it('returns the total count on request', async () => {
    const user = await factory.user();
    await api.logIn(user);

    const response = await asAdmin.get(`/v1/audit-events?subjectId=${user.id}`, { Prefer: 'return=total-count' });

    expect(response.body).toMatchObject({ page: { total: 1 } });
  });

  it.each(invalidAuditFilters)('returns 400 for %s', async (query) => {
    expect(await asAdmin.get(`/v1/audit-events?${query}`)).toBeProblem('invalid-parameter', 400);
  });

  it('returns 403 without the permission and records the denial', async () => {
    const user = await factory.user({ roles: [] });

    expect(await api.as(user).get('/v1/audit-events')).toBeProblem('forbidden', 403);

    const { data } = await page(`/v1/audit-events?subjectId=${user.id}&event=authz_fail`);
    expect(data).toMatchObject([{ outcome: 'failure', reason: 'missing permission audit:read' }]);
  });
});
