import { afterEach } from '@jest/globals';
import type { BrowserContext, BrowserContextOptions } from 'playwright-core';
import { freePort } from '../../../src/platform/dev-postgres/server.ts';
import type { TestDatabase } from '../database/database.ts';
import { createDatabase } from '../database/database.ts';
import { Api } from '../http/api.ts';
import { onTeardown, ServiceProcess, temporaryFolder } from '../process/service-process.ts';
import type { BrowserPage } from './browser.ts';
import { openBrowser, openPage } from './browser.ts';

/** Browsers treat localhost as a secure context also over plain HTTP. */
const hostName = 'app.test';

export interface BrowserService {
  readonly api: Api;
  /** The origin of its pages. */
  readonly base: string;
  readonly database: TestDatabase;
  readonly service: ServiceProcess;
  /** Opens a page in the browser of the current test, which the first page of a test opens with these options. */
  readonly open: (path: string, options?: BrowserContextOptions) => Promise<BrowserPage>;
}

/** The built service in development, on a database of its own and a host name that is no secure context. */
export async function startBrowserService(variables: Readonly<Record<string, string>> = {}): Promise<BrowserService> {
  const database = await createDatabase();
  onTeardown(database.drop);
  const port = String(await freePort());
  const base = `http://${hostName}:${port}`;
  const service = ServiceProcess.start(temporaryFolder(), {
    ...{ DATABASE_URL: database.url, PORT: port, PUBLIC_URL: base },
    ...variables,
  });
  let browser: BrowserContext | undefined;
  afterEach(async () => {
    await browser?.close();
    browser = undefined;
  });
  const open = async (path: string, options: BrowserContextOptions = {}): Promise<BrowserPage> => {
    browser ??= await openBrowser(hostName, options);
    return await openPage(browser, `${base}${path}`);
  };
  return { api: new Api(await service.url()), base, database, service, open };
}
