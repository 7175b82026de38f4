import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import type { TestApp } from '../app/app.ts';
import { sharedApp } from '../app/app.ts';
import { ReverseProxy } from '../http/reverse-proxy.ts';
import { root } from '../process/service-process.ts';

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  rewriteRelativeImportExtensions: true,
};
const openapiFetch = createRequire(import.meta.url)
  .resolve('openapi-fetch')
  .replace(/\.cjs$/, '.mjs');

/** A page whose scripts see the exports of client/ as globals: `Session`, `passkeys`, `browserPasskeys`, `createClient`. */
const files: Readonly<Record<string, string>> = {
  '/': `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">
    <script type="importmap">{ "imports": { "openapi-fetch": "/openapi-fetch.js" } }</script>
    <script type="module">
      import createClient from 'openapi-fetch';
      import { Session } from '/session.js';
      import * as passkeys from '/passkeys.js';
      import { browserPasskeys } from '/browser-passkeys.js';
      Object.assign(window, { createClient, Session, passkeys, browserPasskeys });
    </script>`,
  '/session.js': transpiled('session.ts'),
  '/session-tokens.js': transpiled('session-tokens.ts'),
  '/passkeys.js': transpiled('passkeys.ts'),
  '/browser-passkeys.js': transpiled('browser-passkeys.ts'),
  '/openapi-fetch.js': fs.readFileSync(openapiFetch, 'utf8'),
};

function transpiled(name: string): string {
  return ts.transpileModule(fs.readFileSync(join(root, 'client', name), 'utf8'), { compilerOptions }).outputText;
}

/** The pages of `files` on a port of their own, with the service behind them. */
export const frontEnd = await ReverseProxy.start({ files });

/** The origin of a front end on this host, which has to lead to this machine. */
export function originAt(host: string, { port } = new URL(frontEnd.url)): string {
  return `http://${host}:${port}`;
}

/** The service of the front end: one for all parts of a test file. */
export async function frontEndApp(): Promise<TestApp> {
  const running = await sharedApp({
    CORS_ORIGINS: originAt('listed.shop.localhost'),
    AUTH_COOKIE_SAME_SITE_ENABLED: 'true',
    AUTH_PASSKEY_ORIGINS: originAt('localhost'),
  });
  frontEnd.target = running.api.baseUrl;
  return running;
}
