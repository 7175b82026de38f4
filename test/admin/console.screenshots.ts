import { itInBrowser } from '../harness/browser/browser.ts';
import { takeScreenshots } from '../harness/browser/screens.ts';
import { startApp } from '../harness/app/app.ts';
import { consoleScreens } from './console-screens.ts';
import { createDemoData } from './demo-data.ts';

const running = await startApp();

itInBrowser(
  'writes the pictures of the admin console',
  async () => {
    const data = await createDemoData(running);
    await takeScreenshots('console', running.api.baseUrl, consoleScreens(data));
  },
  1_200_000,
);
