import { describe, expect, it } from '@jest/globals';
import { axeViolations } from '../harness/browser/axe.ts';
import { itInBrowser } from '../harness/browser/browser.ts';
import { visitScreens } from '../harness/browser/screens.ts';
import { hostedApp } from './hosted-app.ts';
import { hostedScreens } from './hosted-screens.ts';

const timeoutMs = 600_000;
const running = await hostedApp();
const screens = await hostedScreens(running);

/** What makes a page hard to use: content wider than the window, small controls, a missing language or heading. */
const overflows = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
const measure = `({
  overflow: ${overflows},
  small: [...document.querySelectorAll('button, .button, .next a, .site a, .toggle, input:not([type=hidden], [type=checkbox])')]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44).map((each) => each.outerHTML),
  language: document.documentElement.lang,
  headings: document.querySelectorAll('h1').length,
  landmarks: document.querySelectorAll('main').length,
})`;

describe('Every hosted page', () => {
  it('has a screen', () => {
    expect(screens.length).toBeGreaterThan(25);
  });

  itInBrowser(
    'is accessible and fits on a phone and on a laptop, light and dark, without a request to another origin',
    async () => {
      const found: string[] = [];
      await visitScreens({
        baseUrl: running.api.baseUrl,
        screens,
        visit: async (page, { name }, view) => {
          const report = (text: string): number => found.push(`${name} ${view.name}: ${text}`);
          for (const violation of await axeViolations(page)) report(violation);
          const language = name === 'login-german' ? 'de' : 'en';
          const expected = { overflow: false, small: [], language, headings: 1, landmarks: 1 };
          const measured = await page.evaluate(measure);
          if (JSON.stringify(measured) !== JSON.stringify(expected)) report(JSON.stringify(measured));
          // The narrowest and the widest window that pages are made for.
          await page.setViewportSize({ width: view.viewport.width === 390 ? 320 : 1440, height: 800 });
          if (await page.evaluate(overflows)) report('wider than its window');
          const origins = await page.evaluate<string[]>(
            `performance.getEntriesByType('resource').map(({ name }) => name)
              .filter((url) => !url.startsWith('data:')).map((url) => new URL(url).origin)`,
          );
          for (const origin of new Set(origins)) if (origin !== running.api.baseUrl) report(`request to ${origin}`);
        },
      });
      expect(found).toEqual([]);
    },
    timeoutMs,
  );
});
