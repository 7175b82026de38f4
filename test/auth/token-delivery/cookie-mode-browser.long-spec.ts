import { afterEach, describe, expect } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { itInBrowser, openBrowser, openPage } from '../../harness/browser/browser.ts';
import { frontEnd, frontEndApp, originAt as frontEndOrigin } from '../../harness/browser/front-end.ts';
import { bearerOf } from '../../harness/http/mfa-flows.ts';

/*
 * Runs client/session.ts in cookie mode in Chromium. Hosts below .localhost lead to this machine, are secure contexts, and
 * are of one site when their last two labels are the same.
 */

const timeoutMs = 180_000;
const originAt = (host: string, url?: URL): string => frontEndOrigin(`${host}.shop.localhost`, url);
const own = originAt('app');
const { api, factory, database, invalidationsDelivered } = await frontEndApp();

let browser: BrowserContext | undefined;

afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

async function open(url: string): Promise<Page> {
  browser ??= await openBrowser('shop.localhost');
  return (await openPage(browser, url)).page;
}

/** Runs code with a new `session` of the client in the page. */
async function inPage(page: Page, baseUrl: string, code: string): Promise<unknown> {
  const options = JSON.stringify({ baseUrl, delivery: 'cookie' });
  return await page.evaluate(`(async () => { const session = new Session(${options}); ${code} })()`);
}

const logInCode = ({ email, password }: { email: string; password: string }): string =>
  `return (await session.logIn(${JSON.stringify(email)}, ${JSON.stringify(password)}))?.code ?? 'logged in';`;
const restoreCode = `
  const restored = await session.restore();
  const { data } = await session.api.GET('/v1/users/me');
  return { restored, email: data?.email, visible: document.cookie };`;

describe('A page in cookie mode', () => {
  itInBrowser.each([
    ['of the origin of the service', own, own],
    ['of a listed origin of the same site', originAt('listed'), originAt('api', new URL(api.baseUrl))],
  ])(
    '%s continues its session after a reload, until the logout',
    async (_, origin, baseUrl) => {
      const user = await factory.user();
      const page = await open(origin);

      expect(await inPage(page, baseUrl, logInCode(user))).toBe('logged in');
      expect(await browser?.cookies(baseUrl)).toMatchObject([{ name: 'rt', httpOnly: true, sameSite: 'Strict' }]);
      await page.reload();
      expect(await inPage(page, baseUrl, restoreCode)).toEqual({ restored: true, email: user.email, visible: '' });
      await page.reload();
      expect(await inPage(page, baseUrl, restoreCode)).toEqual({ restored: true, email: user.email, visible: '' });

      expect(await inPage(page, baseUrl, 'await session.restore(); return await session.logOut();')).toBeUndefined();
      expect(await browser?.cookies(baseUrl)).toEqual([]);
      await page.reload();
      expect(await inPage(page, baseUrl, restoreCode)).toEqual({ restored: false, visible: '' });
    },
    timeoutMs,
  );

  itInBrowser(
    'has no session any more when another tab has logged in',
    async () => {
      const [first, second] = [await factory.user(), await factory.user()];
      const page = await open(own);
      await inPage(page, own, `window.first = session; ${logInCode(first)}`);
      const tab = await open(own);
      await inPage(tab, own, logInCode(second));
      await api.post('/v1/auth/logout-all', { scope: 'all' }, bearerOf(await api.logIn(first)));
      await invalidationsDelivered();

      const code = `const { response } = await window.first.api.GET('/v1/users/me');
        return [response.status, window.first.isOpen];`;
      expect(await inPage(page, own, code)).toEqual([401, false]);
      expect(await inPage(tab, own, restoreCode)).toMatchObject({ restored: true, email: second.email });
    },
    timeoutMs,
  );

  itInBrowser(
    'keeps its session when a page of an unlisted sibling host sends requests with its cookie',
    async () => {
      const user = await factory.user();
      const page = await open(own);
      await inPage(page, own, logInCode(user));
      const rows = async (): Promise<unknown[]> =>
        (
          await database.pool.query<Record<string, unknown>>(
            `SELECT to_jsonb(s) AS session, to_jsonb(t) AS token
             FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id WHERE s.user_id = $1`,
            [user.id],
          )
        ).rows;
      const before = await rows();
      const sibling = await open(originAt('sibling'));
      const passedBefore = frontEnd.passed.length;

      const attack = async (path: string, options: object): Promise<unknown> =>
        await sibling.evaluate(
          `fetch(${JSON.stringify(own + path)}, ${JSON.stringify({ credentials: 'include', ...options })})
            .then((response) => response.type, (error) => error.name)`,
        );
      const json = { 'Content-Type': 'application/json', 'X-CSRF-Token': 'guessed' };
      expect(await attack('/v1/auth/refresh', { method: 'POST', headers: json, body: '{}' })).toBe('TypeError');
      expect(await attack('/v1/auth/csrf', {})).toBe('TypeError');
      // Sent without a preflight; Cross-Origin-Resource-Policy blocks the response.
      for (const path of ['/v1/auth/refresh', '/v1/auth/logout'])
        expect(await attack(path, { method: 'POST', mode: 'no-cors', body: '{}' })).toBe('TypeError');
      await sibling.setContent(`<form method="post" action="${own}/v1/auth/logout"><button>Win</button></form>`);
      await sibling.getByRole('button').click();
      await sibling.waitForURL(`${own}/v1/auth/logout`);

      // The browser sends the cookie with all of them except the preflight.
      const passed = frontEnd.passed.slice(passedBefore).filter(({ headers }) => headers.cookie?.startsWith('rt=rt_'));
      expect(passed.map(({ call, status }) => `${call} ${status}`)).toEqual([
        'GET /v1/auth/csrf 403',
        'POST /v1/auth/refresh 415',
        'POST /v1/auth/logout 415',
        'POST /v1/auth/logout 415',
      ]);
      expect(await rows()).toEqual(before);
      await page.reload();
      expect(await inPage(page, own, restoreCode)).toMatchObject({ restored: true, email: user.email });
    },
    timeoutMs,
  );
});
