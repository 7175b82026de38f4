import fs from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { UserCredentials } from '../http/api.ts';
import { root } from '../process/service-process.ts';
import { openBrowser } from './browser.ts';

/** How a page is looked at: the width of a phone and of a laptop, in both colour schemes. */
const views = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { name: `narrow-${colorScheme}`, viewport: { width: 390, height: 844 }, colorScheme },
  { name: `wide-${colorScheme}`, viewport: { width: 1280, height: 800 }, colorScheme },
]);

type View = (typeof views)[number];

/** A page, or a state of it, of which there is a picture and which axe checks. */
export interface Screen {
  /** Of the picture, without its view. */
  readonly name: string;
  /** Path of the service, such as `/admin/#/users`. */
  readonly path: string;
  /** Who looks at it; undefined is logged out. */
  readonly user?: UserCredentials;
  /** Waits for its content, opens a dialog, fills in a form. */
  readonly prepare?: (page: Page) => Promise<void>;
}

interface ScreenRun {
  /** Of the service; 127.0.0.1, or localhost where passkeys are used. */
  readonly baseUrl: string;
  readonly screens: readonly Screen[];
  /** Called with each screen in each view. */
  readonly visit: (page: Page, screen: Screen, view: View) => Promise<void>;
}

/** Shows every screen in every view: one context for each user and view, logged in once. */
export async function visitScreens({ baseUrl, screens, visit }: ScreenRun): Promise<void> {
  const users = [...new Set(screens.map(({ user }) => user))];
  for (const view of views) {
    for (const user of users) {
      const browser = await openView(baseUrl, view, user);
      let page = await browser.newPage();
      for (const screen of screens.filter((each) => each.user === user)) {
        await page.goto(baseUrl + screen.path);
        await contentShown(page);
        await screen.prepare?.(page);
        await visit(page, screen, view);
        // Another route of a page that is loaded takes a tenth of the time; dialogs stay open across routes.
        if (screen.prepare === undefined) continue;
        await page.close();
        page = await browser.newPage();
      }
      await browser.close();
    }
  }
}

/**
 * Waits until a page has its heading, and has shown no sign of loading for a while. DevTools evaluates the program, which no
 * Content-Security-Policy hinders.
 */
export async function contentShown(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const loading = '[aria-label="Loading"], [aria-busy="true"]';
    const isShown = () => document.querySelector('h1') !== null && document.querySelector(loading) === null;
    for (let times = 0; times < 4; times = isShown() ? times + 1 : 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
  })()`);
}

/** Waits until nothing moves or changes its colour. */
export async function animationsEnded(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    while (document.getAnimations().some(({ playState }) => playState === 'running'))
      await new Promise((resolve) => setTimeout(resolve, 50));
  })()`);
}

/** A browser with this view, in which this user is logged in by the cookie of the refresh token. */
async function openView(baseUrl: string, view: View, user?: UserCredentials): Promise<BrowserContext> {
  const { viewport, colorScheme } = view;
  // Without animations a picture is that of the final state.
  const browser = await openBrowser(new URL(baseUrl).hostname, { viewport, colorScheme, reducedMotion: 'reduce' });
  if (user !== undefined) await logInByCookie(browser, baseUrl, user);
  return browser;
}

/** As the form of the login does it, without loading a page. */
export async function logInByCookie(browser: BrowserContext, baseUrl: string, user: UserCredentials): Promise<void> {
  const { email, password } = user;
  const headers = { 'x-token-delivery': 'cookie' };
  const reply = await browser.request.post(`${baseUrl}/v1/auth/login`, { headers, data: { email, password } });
  if (reply.status() !== 200) throw new Error(`The login of ${email} in the browser returned ${reply.status()}`);
}

/** Writes a picture of every screen in every view into `.data/screenshots/<folder>`. */
export async function takeScreenshots(folder: string, baseUrl: string, screens: readonly Screen[]): Promise<void> {
  const path = join(root, '.data/screenshots', folder);
  fs.rmSync(path, { recursive: true, force: true });
  await visitScreens({
    baseUrl,
    screens,
    visit: async (page, screen, view) => {
      // The bar at the top would be in the middle of the picture.
      await page.evaluate('scrollTo(0, 0)');
      await page.screenshot({ path: join(path, `${screen.name}-${view.name}.png`), fullPage: true });
    },
  });
}
