import { afterEach, describe, expect } from '@jest/globals';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { itInBrowser, openBrowser, openPage } from '../../harness/browser/browser.ts';
import { frontEndApp, originAt } from '../../harness/browser/front-end.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { PasskeyFlows } from '../../harness/http/passkey-flows.ts';

/*
 * Runs client/passkeys.ts in Chromium, with an authenticator that Chromium simulates. Its page and the service have one
 * origin, http://localhost: browsers have no passkeys for 127.0.0.1.
 */

const timeoutMs = 180_000;
const origin = originAt('localhost');
const running = await frontEndApp();
const { factory } = running;
const flows = new PasskeyFlows(running);

let browser: BrowserContext | undefined;

afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

/** A page of the front end, and its authenticator. */
interface Device {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly authenticatorId: string;
}

async function openDevice(): Promise<Device> {
  browser = await openBrowser('shop.localhost');
  const { page } = await openPage(browser, origin);
  const cdp = await browser.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, automaticPresenceSimulation: true },
      ...{ hasUserVerification: true, isUserVerified: true },
    },
  });
  return { page, cdp, authenticatorId };
}

/** Runs code with a `session`, a `client` and the `user` in the page. The name of an error is its result. */
async function inPage({ page }: Device, user: FactoryUser, code: string): Promise<unknown> {
  const options = JSON.stringify({ baseUrl: origin });
  return await page.evaluate(`(async () => {
    const user = ${JSON.stringify(user)};
    const session = (window.session ??= new Session(${options}));
    const client = createClient(${options});
    ${code}
  })().catch((error) => error.name)`);
}

const logIn = 'return (await session.logIn(user.email, user.password))?.methods ?? "logged in";';
const add =
  'const added = await passkeys.addPasskey(session, "Laptop", browserPasskeys); return added.name ?? added.code;';
const byPasskey = `
  const refused = await passkeys.logInByPasskey(client, session, browserPasskeys);
  return refused?.code ?? (await session.api.GET('/v1/users/me')).data.email;`;

/** A page whose user has a passkey, and is logged in. */
async function registered(): Promise<{ device: Device; user: FactoryUser }> {
  const user = await factory.user();
  const device = await openDevice();
  expect(await inPage(device, user, logIn)).toBe('logged in');
  expect(await inPage(device, user, add)).toBe('Laptop');
  return { device, user };
}

describe('A passkey in a browser', () => {
  itInBrowser(
    'logs in without an email address, completes a login with a password, and satisfies step-up',
    async () => {
      const { device, user } = await registered();

      expect(await inPage(device, user, byPasskey)).toBe(user.email);
      expect(await inPage(device, user, logIn)).toEqual(['recovery-code', 'passkey']);
      const secondFactor = `
        const { mfaToken } = await session.logIn(user.email, user.password);
        const browser = browserPasskeys;
        return (await passkeys.verifyMfaByPasskey(client, session, { mfaToken, browser }))?.code ?? 'logged in';`;
      expect(await inPage(device, user, secondFactor)).toBe('logged in');
      const stepUp = `return (await passkeys.reauthenticateByPasskey(session, browserPasskeys))?.code ?? 'verified';`;
      expect(await inPage(device, user, stepUp)).toBe('verified');
    },
    timeoutMs,
  );

  itInBrowser(
    'logs in on the hosted page, and completes a login with a password there',
    async () => {
      const { device, user } = await registered();
      const { page } = device;

      await page.goto(`${origin}/account/login`);
      await page.getByRole('button', { name: 'Log in with a passkey' }).click();
      await page.waitForURL(`${origin}/admin/#/account`);
      await page.goto(`${origin}/account/logout`);
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('link', { name: 'Log in' }).click();
      await page.getByLabel('Email address').fill(user.email);
      await page.getByLabel('Password', { exact: true }).fill(user.password);
      await page.getByRole('button', { name: 'Log in', exact: true }).click();
      await page.waitForURL(`${origin}/account/second-factor`);
      await page.getByRole('button', { name: 'Log in with a passkey' }).click();
      await page.waitForURL(`${origin}/admin/#/account`);
      await page.goto(`${origin}/account/login`);
      await page.getByText(`logged in as ${user.email}`).waitFor();
    },
    timeoutMs,
  );

  itInBrowser(
    'is not created twice on one authenticator',
    async () => {
      const { device, user } = await registered();
      await inPage(device, user, byPasskey);

      expect(await inPage(device, user, add)).toBe('InvalidStateError');
    },
    timeoutMs,
  );

  itInBrowser(
    'is refused when its assertion is replayed, or when a copy of it has an old counter',
    async () => {
      const { device, user } = await registered();
      const { cdp, authenticatorId } = device;
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
      const [copy] = credentials;
      if (copy === undefined) throw new Error('The authenticator has no passkey');
      const options = JSON.stringify(await flows.loginOptions());
      const assertion = (await inPage(device, user, `return await browserPasskeys.get(${options});`)) as object;

      expect((await flows.present(assertion)).status).toBe(200);
      expect(await flows.present(assertion)).toBeProblem('invalid-credentials', 401);

      await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: copy.credentialId });
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...copy, signCount: 0 } });
      expect(await inPage(device, user, byPasskey)).toBe('invalid_credentials');
    },
    timeoutMs,
  );

  itInBrowser(
    'is not used without verifying its user',
    async () => {
      const { device, user } = await registered();
      await device.cdp.send('WebAuthn.setUserVerified', {
        authenticatorId: device.authenticatorId,
        isUserVerified: false,
      });

      expect(await inPage(device, user, byPasskey)).toBe('NotAllowedError');
    },
    timeoutMs,
  );
});
