import type { BrowserPage } from '../harness/browser/browser.ts';
import { startBrowserService } from '../harness/browser/browser-service.ts';
import { Factory } from '../harness/database/factory.ts';
import { startTestServer } from '../harness/http/test-server.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';

/** A client of hosted logins, of another origin. */
export const clientUrl = `${await startTestServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Client</title>');
})}/logged-in`;

const running = await startBrowserService({
  AUTH_MAGIC_LINK_ENABLED: 'true',
  AUTH_OAUTH_REDIRECTS: clientUrl,
});
export const { api, base, open, service } = running;
export const factory = new Factory(running.database);
export const mailbox = new Mailbox(api);

/** Chromium logs a line for each 4xx response; a violation of the content security policy would add another one. */
export function unexpectedErrors({ consoleErrors }: BrowserPage): string[] {
  return consoleErrors.filter((each) => !/status of 4\d\d/.test(each));
}
