import { isConsoleBuilt } from '../../src/features/admin-console/index.ts';
import type { TestApp } from '../harness/app/app.ts';
import { sharedApp } from '../harness/app/app.ts';
import type { LyingProvider } from '../harness/openid/lying-provider.ts';
import { startLyingProvider } from '../harness/openid/lying-provider.ts';
import { clientSecret } from '../harness/openid/openid-provider.ts';

/** Where a login without a destination leads to, as far as the console is built. */
export const accountPath = isConsoleBuilt() ? '/admin/#/account' : '/account/login';

/** Where logins may lead to. */
export const redirects = ['https://app.example.com/logged-in?from=login', 'com.example.app:/logged-in'] as const;

const provider = await startLyingProvider();

export interface HostedApp extends TestApp {
  readonly provider: LyingProvider;
}

/** The service with all ways to log in, and the provider whose accounts it accepts. */
export async function hostedApp(): Promise<HostedApp> {
  const running = await sharedApp({
    AUTH_MAGIC_LINK_ENABLED: 'true',
    AUTH_MAGIC_LINK_TTL_SECONDS: '900',
    AUTH_OAUTH_PROVIDERS: JSON.stringify({ acme: { clientId: 'plinth', clientSecret, issuer: provider.issuer } }),
    AUTH_OAUTH_REDIRECTS: redirects.join(','),
  });
  return { ...running, provider };
}

/** A page, or a redirect. */
export interface PageResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A browser without scripts: keeps cookies, and sends the hidden fields of forms. It follows no redirect. */
export class PageBrowser {
  private readonly cookies = new Map<string, string>();
  private page: PageResponse | undefined;

  constructor(
    private readonly baseUrl: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  cookie(name: string): string | undefined {
    return this.cookies.get(name);
  }

  async open(path: string): Promise<PageResponse> {
    return await this.send('GET', path);
  }

  /** Fills in a form of the page that was opened last, the first one by default. */
  async submit(fields: Readonly<Record<string, string>>, action?: string): Promise<PageResponse> {
    const form = formsIn(this.page?.text ?? '').find((each) => action === undefined || each.action === action);
    if (form === undefined) throw new Error(`No form: ${this.page?.text ?? ''}`);
    return await this.send('POST', form.action, new URLSearchParams({ ...form.hidden, ...fields }));
  }

  /** Sends the request of a form without its page. */
  async post(path: string, fields: Readonly<Record<string, string>>): Promise<PageResponse> {
    return await this.send('POST', path, new URLSearchParams(fields));
  }

  private async send(method: string, path: string, body?: URLSearchParams): Promise<PageResponse> {
    const cookie = Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: {
        ...{ Accept: 'text/html,application/xhtml+xml', 'Sec-Fetch-Site': 'same-origin' },
        ...(cookie === '' ? {} : { Cookie: cookie }),
        ...this.headers,
      },
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    const page = { status: response.status, headers: response.headers, text: await response.text() };
    if (page.text !== '') this.page = page;
    return page;
  }

  private keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

interface FoundForm {
  readonly action: string;
  readonly hidden: Readonly<Record<string, string>>;
}

function formsIn(text: string): FoundForm[] {
  return [...text.matchAll(/<form\s[^>]*action="([^"]+)"[^]*?<\/form>/g)].map(([form, action = '']) => {
    const inputs = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    return { action, hidden: Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, unescaped(value)])) };
  });
}

function unescaped(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}
