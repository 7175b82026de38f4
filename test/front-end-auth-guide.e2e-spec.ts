import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { walk } from '../client/walk.ts';
import { Session } from '../client/session.ts';
import { start } from './support/app.ts';
import { judgedFetch } from './support/judged-fetch.ts';
import { mailsTo } from './support/mails.ts';
import { root } from './support/process.ts';

const { api, given } = await start({ AUTH_MAGIC_LINK: 'true' });

function read(path: string): string {
  return fs.readFileSync(join(root, path), 'utf8');
}

const flat = (code: string): string => code.replace(/^\s+/gm, '').trim();

async function tokenFrom(email: string): Promise<string> {
  const [mail] = await mailsTo(api, email);
  return new URL(mail?.links[0] ?? '').searchParams.get('token') ?? '';
}

/** Keeps the newest cookie, as a browser does on pages of the same origin. */
function withCookies(): typeof judgedFetch {
  let cookie: string | undefined;
  return async (request) => {
    if (cookie !== undefined) request.headers.set('Cookie', cookie);
    const reply = await judgedFetch(request);
    cookie = reply.headers.get('Set-Cookie')?.split(';')[0] ?? cookie;
    return reply;
  };
}

describe('docs/guides/front-end-auth.md', () => {
  it('shows nothing but what is run here', () => {
    const blocks = [...read('docs/guides/front-end-auth.md').matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
    const code = flat(read('client/walk.ts'));

    expect(blocks.length).toBeGreaterThan(8);
    for (const [, block = ''] of blocks) expect(code).toContain(flat(block));
  });

  it('goes as it says', async () => {
    const admin = api.as(await given.admin());
    const invite = async (email: string): Promise<void> => {
      expect((await admin.post('/v1/users', { email })).status).toBe(201);
    };

    const { steps } = await walk({ baseUrl: api.baseUrl, fetch: withCookies(), tokenFrom, invite });

    expect(steps).toEqual({
      weak: 'weak_password',
      registered: undefined,
      early: 'email_not_verified',
      refused: 'invalid_credentials',
      me: 'Grace',
      devices: [false, true],
      ended: 401,
      mistaken: 'current_password_invalid',
      lost: 401,
      moved: 'grace.hopper@example.com',
      back: 'grace@example.com',
      byLink: 'grace@example.com',
      invited: true,
      out: 401,
    });
  });
});

describe('The session of a front end', () => {
  const loggedIn = async (): Promise<{
    session: Session;
    refreshes: () => number;
    spoil: () => void;
    ends: () => number;
  }> => {
    const { email, password } = await given.user();
    let refreshes = 0;
    let ends = 0;
    let spoilt = false;
    const session = new Session({
      baseUrl: api.baseUrl,
      onEnd: () => (ends += 1),
      fetch: async (request) => {
        if (request.url.endsWith('/auth/refresh')) {
          refreshes += 1;
          spoilt = false;
        }
        if (spoilt) request.headers.set('Authorization', 'Bearer spoilt');
        return await judgedFetch(request);
      },
    });
    expect(await session.logIn(email, password)).toBeUndefined();
    return { session, refreshes: () => refreshes, spoil: () => (spoilt = true), ends: () => ends };
  };

  it('renews its token once for all calls that need it', async () => {
    const { session, refreshes, spoil, ends } = await loggedIn();
    spoil();

    const replies = await Promise.all(Array.from({ length: 10 }, async () => await session.api.GET('/v1/users/me')));

    expect(replies.map(({ response }) => response.status)).toEqual(Array<number>(10).fill(200));
    expect([refreshes(), ends()]).toEqual([1, 0]);
  });

  it('sends the body again with a call that it repeats', async () => {
    const { session, spoil } = await loggedIn();
    spoil();

    const body = { locale: 'de' };
    const reply = await session.api.PATCH('/v1/users/me', { body, params: { header: { 'If-Match': '*' } } });

    expect(reply.data?.locale).toBe('de');
  });

  it('stays logged out when a refresh was on its way', async () => {
    const { email, password } = await given.user();
    const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<undefined>();
    let spoilt = true;
    const session = new Session({
      baseUrl: api.baseUrl,
      fetch: async (request) => {
        const isRefresh = request.url.endsWith('/auth/refresh');
        if (spoilt && request.url.endsWith('/users/me')) request.headers.set('Authorization', 'Bearer spoilt');
        const reply = await judgedFetch(request);
        if (isRefresh) {
          ask(undefined);
          await answered;
        }
        return reply;
      },
    });
    await session.logIn(email, password);
    const call = session.api.GET('/v1/users/me');
    await asked;

    await session.logOut();
    answer(undefined);

    expect((await call).response.status).toBe(401);
    expect(session.isOpen).toBe(false);
    spoilt = false;
    expect((await session.api.GET('/v1/users/me')).response.status).toBe(401);
    await session.logIn(email, password);
    expect((await session.api.GET('/v1/users/me')).response.status).toBe(200);
  });

  it('tells once that it is over, and goes no further', async () => {
    const { session, ends, spoil } = await loggedIn();
    await session.api.POST('/v1/auth/logout-all', { body: { scope: 'all' } });
    spoil();

    const replies = await Promise.all(Array.from({ length: 5 }, async () => await session.api.GET('/v1/users/me')));

    expect(replies.map(({ response }) => response.status)).toEqual(Array<number>(5).fill(401));
    expect([ends(), session.isOpen]).toEqual([1, false]);
  });
});
