import { join } from 'node:path';
import { onTeardown, temporaryFolder } from '../process/service-process.ts';
import { TestProcess } from '../process/test-process.ts';

/** The client secret of the service at all providers of the tests. */
export const clientSecret = 'a-client-secret-of-the-tests-0123456789';

/** The origin of PUBLIC_URL in tests: providers send browsers to it, and tests send these requests to the service. */
export const publicUrl = 'http://localhost:3000';

/** A running oidc-provider. */
export interface OpenIdProvider {
  readonly issuer: string;
  readonly process: TestProcess;
}

/** Starts a real OpenID Connect provider of the service at this origin; it ends after the last test of the file. */
export async function startOpenIdProvider(origin = publicUrl): Promise<OpenIdProvider> {
  const provider = TestProcess.start({
    name: 'openid-provider',
    entry: join(import.meta.dirname, 'provider-process.ts'),
    folder: temporaryFolder(),
    variables: { CALLBACK_URL: `${origin}/v1/auth/oauth/acme/callback`, CLIENT_SECRET: clientSecret },
    logs: true,
    flags: [],
  });
  onTeardown(async () => {
    await provider.kill();
  });
  return { issuer: await provider.ready(), process: provider };
}

/** A browser without pages: keeps cookies, and fills in the forms of the provider. */
export class OpenIdBrowser {
  private readonly cookies = new Map<string, string>();

  /** Logs in as this account where the provider requires it. Returns the URL outside of the provider. */
  async follow(start: string, account: string): Promise<URL> {
    const { origin } = new URL(start);
    let step: { readonly url: URL; readonly form?: URLSearchParams } = { url: new URL(start) };
    for (let steps = 0; steps < 15; steps += 1) {
      if (step.url.origin !== origin) return step.url;
      const response = await this.send(step.url, step.form);
      const location = response.headers.get('location');
      const page = await response.text();
      if (location !== null) step = { url: new URL(location, step.url) };
      else if (/<form/.test(page)) step = formOf(page, step.url, account);
      else return step.url;
    }
    throw new Error(`No end of redirects from ${start}`);
  }

  private async send(url: URL, form: URLSearchParams | undefined): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}

function formOf(page: string, base: URL, account: string): { url: URL; form: URLSearchParams } {
  const action = /action="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
  const fields: Record<string, string> = page.includes('name="login"')
    ? { prompt: 'login', login: account, password: 'any' }
    : { prompt: 'consent' };
  return {
    url: new URL(action, base),
    form: new URLSearchParams(xsrf === undefined ? fields : { xsrf, logout: 'yes' }),
  };
}
