import { describe, expect, it } from '@jest/globals';
import type { Tokens } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { bearerOf } from '../../harness/http/mfa-flows.ts';

const { api, factory, database } = await sharedApp();
const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';

interface Listed {
  readonly id: string;
  readonly current: boolean;
  readonly lastUsedAt: string;
}

interface Page {
  readonly data: readonly Listed[];
  readonly page: {
    readonly total: number;
    readonly hasMore: boolean;
    readonly next: string | null;
    readonly prev: string | null;
  };
}

async function listed(tokens: Tokens, query = ''): Promise<Page> {
  const response = await api.get(`/v1/auth/sessions${query}`, bearerOf(tokens));
  expect(response.status).toBe(200);
  return response.body as Page;
}

async function currentOf(tokens: Tokens): Promise<string> {
  return (await listed(tokens)).data.find(({ current }) => current)?.id ?? '';
}

async function isIn(tokens: Tokens): Promise<boolean> {
  return (await api.get('/v1/users/me', bearerOf(tokens))).status === 200;
}

/** Several logins of one user, oldest first. */
async function loggedIn(times: number, user?: FactoryUser): Promise<{ user: FactoryUser; tokens: Tokens[] }> {
  const who = user ?? (await factory.user());
  const tokens: Tokens[] = [];
  for (let time = 0; time < times; time += 1) tokens.push(await api.logIn(who));
  return { user: who, tokens };
}

async function endingsOf(user: FactoryUser): Promise<unknown[]> {
  const rows = await factory.auditEvents({ subjectId: user.id, event: 'session_ended' });
  return rows.map(({ actor_id, session_id, reason }) => ({ actor_id, session_id, reason }));
}

describe('GET /v1/auth/sessions', () => {
  it('lists the active sessions of the caller only, newest first', async () => {
    await loggedIn(1);
    const { tokens } = await loggedIn(2);
    const [first, second] = [tokens[0] as Tokens, tokens[1] as Tokens];

    const { data, page } = await listed(first);

    expect(data).toEqual([
      {
        id: await currentOf(second),
        createdAt: expect.any(String),
        lastUsedAt: expect.any(String),
        ip: '127.0.0.1',
        userAgent: null,
        amr: ['pwd'],
        current: false,
      },
      expect.objectContaining({ id: await currentOf(first), current: true }),
    ]);
    expect(page).toEqual({
      ...{ page: 1, perPage: 20, total: 2, totalIsExact: true },
      ...{ next: null, prev: null, hasMore: false },
    });
  });

  it('omits a session past its idle timeout', async () => {
    const { user, tokens } = await loggedIn(3);
    const [kept, idle, renewed] = tokens as [Tokens, Tokens, Tokens];
    const over = [await currentOf(idle), await currentOf(renewed)];
    await api.post('/v1/auth/refresh', { refreshToken: renewed.refreshToken });
    // The refreshed session has another token that is valid; only its former token has expired.
    await database.pool.query(
      `UPDATE refresh_tokens SET expires_at = now() WHERE generation = 1 AND session_id = ANY ($1)`,
      [over],
    );

    const { data, page } = await listed(kept);

    expect(data.map(({ id }) => id)).toEqual([over[1], await currentOf(kept)]);
    expect(page.total).toBe(2);
    const admin = api.as(await factory.admin());
    expect((await admin.get(`/v1/users/${user.id}/sessions`)).body).toMatchObject({ page: { total: 2 } });
  });

  it('supports numbered pages', async () => {
    const { tokens } = await loggedIn(3);
    const ids = (await listed(tokens[0] as Tokens)).data.map(({ id }) => id);

    const second = await listed(tokens[0] as Tokens, '?page=2&perPage=2');
    const beyond = await listed(tokens[0] as Tokens, '?page=9');

    expect(second).toMatchObject({ data: [{ id: ids[2] }], page: { total: 3, hasMore: false } });
    expect(beyond).toMatchObject({ data: [], page: { total: 3, hasMore: false } });
  });

  it('supports cursors, which numbered pages contain too', async () => {
    const { tokens } = await loggedIn(3);
    const mine = tokens[0] as Tokens;
    const ids = (await listed(mine)).data.map(({ id }) => id);

    const first = await listed(mine, '?limit=2');
    const rest = await listed(mine, `?limit=2&cursor=${first.page.next ?? ''}`);
    const beside = await listed(mine, '?page=2&perPage=1');

    expect(first).toMatchObject({ data: [{ id: ids[0] }, { id: ids[1] }], page: { prev: null, hasMore: true } });
    expect(first.page).not.toHaveProperty('total');
    expect(rest).toMatchObject({ data: [{ id: ids[2] }], page: { next: null, hasMore: false } });
    expect(await listed(mine, `?cursor=${rest.page.prev ?? ''}`)).toMatchObject({ data: first.data });
    expect(beside.data).toEqual([first.data[1]]);
    expect((await listed(mine, `?cursor=${beside.page.next ?? ''}`)).data).toEqual(rest.data);
    expect((await listed(mine, `?cursor=${beside.page.prev ?? ''}`)).data).toEqual([first.data[0]]);
  });

  it('links to adjacent pages by number or by cursor, as requested', async () => {
    const { tokens } = await loggedIn(3);
    const linksOf = async (query: string): Promise<string> =>
      (await api.get(`/v1/auth/sessions${query}`, bearerOf(tokens[0] as Tokens))).headers['link'] ?? '';

    expect(await linksOf('?page=2&perPage=1')).toMatch(
      /^<\S+\?perPage=1>; rel="first", <\S+\?page=1&perPage=1>; rel="prev", <\S+\?page=3&perPage=1>; rel="next"$/,
    );
    expect(await linksOf('?limit=1')).toMatch(/^<\S+\?limit=1>; rel="first", <\S+\?limit=1&cursor=\S+>; rel="next"$/);
  });

  it('rejects a page number together with a cursor', async () => {
    const { tokens } = await loggedIn(1);

    const response = await api.get('/v1/auth/sessions?limit=2&page=1&perPage=2', bearerOf(tokens[0] as Tokens));

    expect(response).toBeProblem('invalid-parameter', 400);
    expect(response.body).toMatchObject({ errors: [{ parameter: 'page' }, { parameter: 'perPage' }] });
  });

  it('shows the time of the last refresh', async () => {
    const { tokens } = await loggedIn(1);
    const [before] = (await listed(tokens[0] as Tokens)).data;

    await api.post('/v1/auth/refresh', { refreshToken: tokens[0]?.refreshToken });

    const [after] = (await listed(tokens[0] as Tokens)).data;
    expect(Date.parse(after?.lastUsedAt ?? '')).toBeGreaterThan(Date.parse(before?.lastUsedAt ?? ''));
  });

  it('omits revoked and expired sessions', async () => {
    const { user, tokens } = await loggedIn(3);
    await api.post('/v1/auth/logout', undefined, bearerOf(tokens[1] as Tokens));
    const expired = await currentOf(tokens[2] as Tokens);
    await database.pool.query('UPDATE sessions SET expires_at = now() WHERE id = $1', [expired]);

    const { data } = await listed(tokens[0] as Tokens);

    expect(data.map(({ id }) => id)).toEqual([await currentOf(tokens[0] as Tokens)]);
    expect(user.id).toBeDefined();
  });

  it('rejects a request without a token', async () => {
    expect(await api.get('/v1/auth/sessions')).toBeProblem('unauthenticated', 401);
  });
});

describe('DELETE /v1/auth/sessions/{id}', () => {
  it('revokes the session and its refresh token at once, and records it', async () => {
    const { user, tokens } = await loggedIn(2);
    const [kept, ended] = [tokens[0] as Tokens, tokens[1] as Tokens];
    const id = await currentOf(ended);

    expect((await api.delete(`/v1/auth/sessions/${id}`, bearerOf(kept))).status).toBe(204);

    expect([await isIn(kept), await isIn(ended)]).toEqual([true, false]);
    const { refreshToken } = ended;
    expect(await api.post('/v1/auth/refresh', { refreshToken })).toBeProblem('invalid-refresh-token', 401);
    expect(await endingsOf(user)).toEqual([{ actor_id: user.id, session_id: id, reason: 'ended_by_user' }]);
  });

  it('logs the caller out when they revoke their current session', async () => {
    const { user, tokens } = await loggedIn(1);
    const id = await currentOf(tokens[0] as Tokens);

    expect((await api.delete(`/v1/auth/sessions/${id}`, bearerOf(tokens[0] as Tokens))).status).toBe(204);

    expect(await isIn(tokens[0] as Tokens)).toBe(false);
    expect(await endingsOf(user)).toEqual([{ actor_id: user.id, session_id: id, reason: 'logout' }]);
  });

  it('returns identical 404s for a session of another user, an ended one and an unknown one', async () => {
    const { tokens } = await loggedIn(2);
    const other = await loggedIn(1);
    const foreign = await currentOf(other.tokens[0] as Tokens);
    const over = await currentOf(tokens[1] as Tokens);
    await api.post('/v1/auth/logout', undefined, bearerOf(tokens[1] as Tokens));
    const ask = async (id: string): Promise<string> => {
      const headers = { ...bearerOf(tokens[0] as Tokens), 'X-Request-Id': 'same' };
      const response = await api.delete(`/v1/auth/sessions/${id}`, headers);
      expect(response).toBeProblem('not-found', 404);
      return response.text;
    };

    const texts = [await ask(unknownId), await ask(foreign), await ask(over)];

    expect(new Set(texts).size).toBe(1);
    expect(await isIn(other.tokens[0] as Tokens)).toBe(true);
    expect(await endingsOf(other.user)).toEqual([]);
  });

  it('returns 404 when it is repeated', async () => {
    const { user, tokens } = await loggedIn(2);
    const path = `/v1/auth/sessions/${await currentOf(tokens[1] as Tokens)}`;

    const responses = await Promise.all(
      [1, 2, 3].map(async () => await api.delete(path, bearerOf(tokens[0] as Tokens))),
    );

    expect(responses.map(({ status }) => status).sort()).toEqual([204, 404, 404]);
    expect(await endingsOf(user)).toHaveLength(1);
  });
});

describe('POST /v1/auth/logout-all', () => {
  it('with scope others keeps the current session', async () => {
    const { user, tokens } = await loggedIn(3);
    const ids = await Promise.all(tokens.slice(0, 2).map(currentOf));

    const response = await api.post('/v1/auth/logout-all', { scope: 'others' }, bearerOf(tokens[2] as Tokens));

    expect(response.status).toBe(204);
    expect(await Promise.all(tokens.map(isIn))).toEqual([false, false, true]);
    expect(await endingsOf(user)).toEqual(
      [...ids].sort().map((id) => ({ actor_id: user.id, session_id: id, reason: 'logout_others' })),
    );
  });

  it('with scope all revokes the current session too, and none of other users', async () => {
    const bystander = await loggedIn(1);
    const { user, tokens } = await loggedIn(2);

    const response = await api.post('/v1/auth/logout-all', { scope: 'all' }, bearerOf(tokens[0] as Tokens));

    expect(response.status).toBe(204);
    expect(await Promise.all([...tokens, ...bystander.tokens].map(isIn))).toEqual([false, false, true]);
    expect((await endingsOf(user)).length).toBe(2);
  });

  it.each([undefined, {}])('revokes all sessions by default: %j', async (body) => {
    const { user, tokens } = await loggedIn(2);

    const response = await api.post('/v1/auth/logout-all', body, bearerOf(tokens[0] as Tokens));

    expect(response.status).toBe(204);
    expect(await Promise.all(tokens.map(isIn))).toEqual([false, false]);
    const ending = expect.objectContaining({ reason: 'logout_all' });
    expect(await endingsOf(user)).toEqual([ending, ending]);
  });

  it('is idempotent', async () => {
    const { user, tokens } = await loggedIn(2);
    const again = async (): Promise<number> =>
      (await api.post('/v1/auth/logout-all', { scope: 'others' }, bearerOf(tokens[0] as Tokens))).status;

    expect([await again(), await again()]).toEqual([204, 204]);
    expect(await endingsOf(user)).toHaveLength(1);
  });

  it.each([{ scope: 'mine' }, { scope: 'all', userId: unknownId }])('rejects %j', async (body) => {
    const { tokens } = await loggedIn(1);

    expect(await api.post('/v1/auth/logout-all', body, bearerOf(tokens[0] as Tokens))).toBeProblem(
      'validation-failed',
      422,
    );
    expect(await isIn(tokens[0] as Tokens)).toBe(true);
  });

  it('leaves one of two sessions that revoke each other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { tokens } = await loggedIn(2);

      const responses = await Promise.all(
        tokens.map(async (each) => await api.post('/v1/auth/logout-all', { scope: 'others' }, bearerOf(each))),
      );

      expect(responses.map(({ status }) => status).sort()).toEqual([204, 401]);
      expect((await Promise.all(tokens.map(isIn))).filter(Boolean)).toHaveLength(1);
    }
  });

  it('revokes thousands of sessions without table statistics', async () => {
    const { user, tokens } = await loggedIn(1);
    await database.pool.query(
      `INSERT INTO sessions (id, user_id, amr, expires_at)
       SELECT gen_random_uuid(), $1, '{pwd}', now() + interval '1 day' FROM generate_series(1, 7000)`,
      [user.id],
    );

    const response = await api.post('/v1/auth/logout-all', { scope: 'others' }, bearerOf(tokens[0] as Tokens));

    expect(response.status).toBe(204);
    expect(await endingsOf(user)).toHaveLength(7000);
  });
});
