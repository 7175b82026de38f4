import { itInBrowser } from '../harness/browser/browser.ts';
import { takeScreenshots } from '../harness/browser/screens.ts';
import { hostedApp } from './hosted-app.ts';
import { hostedScreens } from './hosted-screens.ts';

const running = await hostedApp();

itInBrowser('writes the pictures of the hosted pages', async () => {
  await takeScreenshots('hosted-pages', running.api.baseUrl, await hostedScreens(running));
});
