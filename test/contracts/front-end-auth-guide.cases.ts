import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { runFlows } from '../../client/example-flows.ts';
import type { PasskeyBrowser } from '../../client/passkeys.ts';
import { Session } from '../../client/session.ts';
import { codeOf } from '../harness/http/mfa-flows.ts';
import { SoftwareAuthenticator } from '../harness/http/software-authenticator.ts';
import { validatingFetch } from '../harness/openapi/validating-client.ts';
import { callbackUrl, OAuthFlows } from '../harness/openid/oauth-flows.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { root } from '../harness/process/service-process.ts';
import { exampleProvider, operationsApp } from './operations-app.ts';

const running = await operationsApp();
const { api, factory, provider } = running;
const oauth = new OAuthFlows(running);
const mailbox = new Mailbox(api);

function read(path: string): string {
  return fs.readFileSync(join(root, path), 'utf8');
}

const flat = (code: string): string => code.replace(/^\s+/gm, '').trim();

const tokenFrom = async (email: string): Promise<string> => await mailbox.tokenFor(email);

/** Sends the cookies of earlier responses, as a browser does on pages of the same origin. */
function withCookies(): typeof validatingFetch {
  const jar = new Map<string, string>();
  return async (request) => {
    request.headers.set('Sec-Fetch-Site', 'same-origin');
    if (jar.size > 0) request.headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const reply = await validatingFetch(request);
    const [, name = '', value = '', age] =
      /^([\w-]+)=([^;]*).*Max-Age=(\d+)/.exec(reply.headers.get('Set-Cookie') ?? '') ?? [];
    if (age === '0') jar.delete(name);
    else if (age !== undefined) jar.set(name, value);
    return reply;
  };
}

describe('docs/guides/front-end-auth.md', () => {
  it('shows only code that this test runs', () => {
    const blocks = [...read('docs/guides/front-end-auth.md').matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
    const code = flat(read('client/example-flows.ts'));

    expect(blocks.length).toBeGreaterThan(8);
    for (const [, block = ''] of blocks) expect(code).toContain(flat(block));
  });

  it('describes what the service returns', async () => {
    const admin = api.as(await factory.admin());
    const invite = async (email: string): Promise<void> => {
      expect((await admin.post('/v1/users', { email })).status).toBe(201);
    };

    let codes = 0;
    const codeFrom = (secret: string): string => codeOf({ secret }, codes++);

    const returnFrom = async (start: string, email: string): Promise<string> => {
      const { pathname, search } = new URL(start);
      const { url, cookie } = await oauth.start(exampleProvider, pathname + search);
      const parameters = await provider.authenticate(url, { sub: email, email });
      const { headers } = await oauth.callback(callbackUrl(exampleProvider, parameters), cookie);
      return new URL(headers['location'] ?? '').searchParams.get('code') ?? '';
    };
    const authenticator = new SoftwareAuthenticator();
    const browser: PasskeyBrowser = {
      create: async (options) => await Promise.resolve(authenticator.create(options)),
      get: async (options) => await Promise.resolve(authenticator.get(options)),
    };

    const { steps } = await runFlows({
      ...{ baseUrl: api.baseUrl, fetch: withCookies() },
      ...{ tokenFrom, invite, codeFrom, returnFrom, browser },
    });

    expect(steps).toEqual({
      weak: 'weak_password',
      registered: undefined,
      unverified: 'invalid_credentials',
      refused: 'invalid_credentials',
      me: 'Grace',
      devices: [false, true],
      ended: 401,
      unconfirmed: 'invalid_credentials',
      confirmed: undefined,
      rejected: 'invalid_current_password',
      revoked: 401,
      changed: 'grace.hopper@example.com',
      reverted: 'grace@example.com',
      byLink: 'grace@example.com',
      wrongCode: 'invalid_mfa',
      secondFactor: undefined,
      recovered: undefined,
      byKey: 'ada@example.com',
      passkey: 'Laptop',
      byPasskey: undefined,
      passkeyFactor: undefined,
      stepUp: undefined,
      invited: true,
      atProvider: undefined,
      byProvider: 'hopper@example.org',
      unconfirmedAtProvider: undefined,
      notLinked: undefined,
      identities: ['google'],
      loggedOut: 401,
      restored: true,
      byCookie: 'grace@example.com',
      restoredAgain: false,
    });
  });
});

describe('Session of the client', () => {
  const loggedIn = async (): Promise<{
    session: Session;
    refreshes: () => number;
    invalidate: () => void;
    ends: () => number;
  }> => {
    const { email, password } = await factory.user();
    let refreshes = 0;
    let ends = 0;
    let invalidated = false;
    const session = new Session({
      baseUrl: api.baseUrl,
      onEnd: () => (ends += 1),
      fetch: async (request) => {
        if (request.url.endsWith('/auth/refresh')) {
          refreshes += 1;
          invalidated = false;
        }
        if (invalidated) request.headers.set('Authorization', 'Bearer invalid');
        return await validatingFetch(request);
      },
    });
    expect(await session.logIn(email, password)).toBeUndefined();
    return { session, refreshes: () => refreshes, invalidate: () => (invalidated = true), ends: () => ends };
  };

  it('refreshes the token once for concurrent calls', async () => {
    const { session, refreshes, invalidate, ends } = await loggedIn();
    invalidate();

    const replies = await Promise.all(Array.from({ length: 10 }, async () => await session.api.GET('/v1/users/me')));

    expect(replies.map(({ response }) => response.status)).toEqual(Array<number>(10).fill(200));
    expect([refreshes(), ends()]).toEqual([1, 0]);
  });

  it('does not refresh the token again for a response that arrives after the refresh', async () => {
    const { email, password } = await factory.user();
    let refreshes = 0;
    let refreshed = (): void => undefined;
    const afterRefresh = new Promise<void>((resolve) => (refreshed = resolve));
    const session = new Session({
      baseUrl: api.baseUrl,
      fetch: async (request) => {
        const isRefresh = request.url.endsWith('/auth/refresh');
        const isOutdated = !isRefresh && refreshes === 0 && !request.url.endsWith('/auth/login');
        if (isOutdated) request.headers.set('Authorization', 'Bearer invalid');
        const response = await validatingFetch(request);
        if (isRefresh) refreshes += 1;
        if (isOutdated && request.url.endsWith('/auth/sessions')) await afterRefresh;
        return response;
      },
    });
    await session.logIn(email, password);

    const late = session.api.GET('/v1/auth/sessions');
    const first = await session.api.GET('/v1/users/me');
    refreshed();

    expect(first.response.status).toBe(200);
    expect((await late).response.status).toBe(200);
    expect(refreshes).toBe(1);
  });

  it('sends the body again with a repeated call', async () => {
    const { session, invalidate } = await loggedIn();
    invalidate();

    const body = { locale: 'de' };
    const reply = await session.api.PATCH('/v1/users/me', { body, params: { header: { 'If-Match': '*' } } });

    expect(reply.data?.locale).toBe('de');
  });

  it('stays logged out when a refresh was pending', async () => {
    const { email, password } = await factory.user();
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    const { promise: requested, resolve: reportRequest } = Promise.withResolvers<undefined>();
    let invalidated = true;
    const session = new Session({
      baseUrl: api.baseUrl,
      fetch: async (request) => {
        const isRefresh = request.url.endsWith('/auth/refresh');
        if (invalidated && request.url.endsWith('/users/me')) request.headers.set('Authorization', 'Bearer invalid');
        const reply = await validatingFetch(request);
        if (isRefresh) {
          reportRequest(undefined);
          await released;
        }
        return reply;
      },
    });
    await session.logIn(email, password);
    const call = session.api.GET('/v1/users/me');
    await requested;

    await session.logOut();
    release(undefined);

    expect((await call).response.status).toBe(401);
    expect(session.isOpen).toBe(false);
    invalidated = false;
    expect((await session.api.GET('/v1/users/me')).response.status).toBe(401);
    await session.logIn(email, password);
    expect((await session.api.GET('/v1/users/me')).response.status).toBe(200);
  });

  it('reports its end once, and sends no further refresh', async () => {
    const { session, ends, invalidate } = await loggedIn();
    await session.api.POST('/v1/auth/logout-all', { body: { scope: 'all' } });
    invalidate();

    const replies = await Promise.all(Array.from({ length: 5 }, async () => await session.api.GET('/v1/users/me')));

    expect(replies.map(({ response }) => response.status)).toEqual(Array<number>(5).fill(401));
    expect([ends(), session.isOpen]).toEqual([1, false]);
  });
});
