import { it } from '@jest/globals';
import fs from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { onTeardown } from '../process/service-process.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A page with its errors and requests since it was opened. */
export interface BrowserPage {
  readonly page: Page;
  /** Errors and warnings on the console, exceptions, requests that failed. */
  readonly consoleErrors: readonly string[];
  /** Every origin that got a request. */
  readonly origins: ReadonlySet<string>;
}

/** The Chromium of this machine: CHROMIUM_PATH, or the first of its usual names on the PATH. */
function chromiumPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const usual = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env['CHROMIUM_PATH'] ?? '', ...usual].find((path) => path !== '' && fs.existsSync(path));
}

const executablePath = chromiumPath();
if (executablePath === undefined) {
  console.warn(
    'Skipping the tests in a browser: there is no Chromium on the PATH. Install one (apt-get install chromium) or set CHROMIUM_PATH.',
  );
}

/** A test that needs a browser; skipped on a machine without Chromium. */
export const itInBrowser = executablePath === undefined ? it.skip : it;

let launched: Promise<Browser> | undefined;

/**
 * A new context, with nothing remembered, of the one Chromium of this file, for which this host name is this machine.
 */
export async function openBrowser(hostName: string, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  launched ??= launch(hostName);
  const context = await (await launched).newContext(options);
  // For a busy machine; the timeout of a test is longer.
  context.setDefaultTimeout(120_000);
  return context;
}

async function launch(hostName: string): Promise<Browser> {
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    headless: true,
    args: [
      // Chromium's sandbox does not work for root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
      `--host-resolver-rules=MAP ${hostName} 127.0.0.1`,
    ],
  });
  onTeardown(async () => {
    await browser.close();
  });
  return browser;
}

/** Opens a new page. */
export async function openPage(browser: BrowserContext, url: string): Promise<BrowserPage> {
  const page = await browser.newPage();
  const consoleErrors: string[] = [];
  const origins = new Set<string>();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) consoleErrors.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => consoleErrors.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => {
    // The page itself has cancelled it, as it does with what a screen no longer needs.
    if (request.failure()?.errorText === 'net::ERR_ABORTED') return;
    consoleErrors.push(`failed: ${request.url()}`);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:') origins.add(origin);
  });
  await page.goto(url);
  return { page, consoleErrors, origins };
}
