import { afterEach } from '@jest/globals';
import type { BrowserContext } from 'playwright-core';
import { freePort } from '../../src/platform/dev-postgres/server.ts';
import type { BrowserPage } from '../harness/browser/browser.ts';
import { openBrowser, openPage } from '../harness/browser/browser.ts';
import { createDatabase } from '../harness/database/database.ts';
import { Factory } from '../harness/database/factory.ts';
import { Api } from '../harness/http/api.ts';
import { startTestServer } from '../harness/http/test-server.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { onTeardown, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';

export const hostName = 'app.test';

const database = await createDatabase();
onTeardown(database.drop);
const port = String(await freePort());

/** The origin of the service in the browser. */
export const base = `http://${hostName}:${port}`;

/** A client of hosted logins, of another origin. */
export const clientUrl = `${await startTestServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Client</title>');
})}/logged-in`;

/** The service as a process, with its data. */
export const service = ServiceProcess.start(temporaryFolder(), {
  DATABASE_URL: database.url,
  PORT: port,
  PUBLIC_URL: base,
  AUTH_MAGIC_LINK_ENABLED: 'true',
  AUTH_OAUTH_REDIRECTS: clientUrl,
});
export const api = new Api(await service.url());
export const factory = new Factory(database);
export const mailbox = new Mailbox(api);

let browser: BrowserContext | undefined;

afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

/** Opens a page in the browser of the current test. */
export async function open(path: string, options: { readonly javaScriptEnabled?: boolean } = {}): Promise<BrowserPage> {
  browser ??= await openBrowser(hostName, options);
  return await openPage(browser, `${base}${path}`);
}

/** Chromium logs a line for each 4xx response; a violation of the content security policy would add another one. */
export function unexpectedErrors({ consoleErrors }: BrowserPage): string[] {
  return consoleErrors.filter((each) => !/status of 4\d\d/.test(each));
}
