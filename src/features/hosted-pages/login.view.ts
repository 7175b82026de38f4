import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { Links } from '../../platform/config/links.ts';
import type { FormError, PageLink } from '../../platform/http/html/form-page.ts';
import { hiddenFields } from '../../platform/http/html/form-page.ts';
import type { Markup } from '../../platform/http/html/html-page.ts';
import { html } from '../../platform/http/html/html-page.ts';
import type { MfaMethod } from '../auth/mfa/index.ts';
import { OAuthProviders } from '../auth/oauth/index.ts';
import type { Destination } from './destination.ts';
import { destinationOf } from './destination.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import { LoginStateCookie } from './login-state.cookie.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { languageOfPage, parametersOf } from './page-exchange.decorator.ts';
import { passkeyScriptPath } from './passkey-script.ts';
import type { Texts } from './texts/texts.ts';
import { textsIn } from './texts/texts.ts';

/** How providers write their names; other names begin with a capital letter. */
const providerNames: Readonly<Record<string, string>> = { github: 'GitHub' };

/** Renders the pages of a login, with the ways to log in that are configured. */
@Injectable()
export class LoginView {
  constructor(
    private readonly view: HostedPagesView,
    private readonly providers: OAuthProviders,
    private readonly states: LoginStateCookie,
    private readonly links: Links,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  login(exchange: PageExchange, errors: readonly FormError[] = []): string {
    const texts = this.view.textsFor(exchange);
    const destination = this.destinationOf(exchange);
    const passkey =
      this.config.passkeys === undefined ? undefined : this.passkeyForm(exchange, texts, { page: 'passkey-login' });
    const providers = this.providers.names.map((name) => this.providerLink(name, exchange, texts));
    const others = [passkey, ...providers].filter((each) => each !== undefined);
    const after =
      others.length === 0
        ? undefined
        : html`<p class="or"${providers.length === 0 ? html` data-passkey-only hidden` : ''}>${texts.or}</p>
            <div class="stack">${others}</div>`;
    return this.view.form('login', exchange, {
      errors,
      form: { after, explanation: explanationOf(destination, texts) },
      destination,
      scripts: passkey === undefined ? [] : [passkeyScriptPath],
    });
  }

  /** @param login the encrypted state of the login, which the form repeats */
  secondFactor(exchange: PageExchange, login: string | undefined, errors: readonly FormError[] = []): string {
    const state = this.states.decode(login);
    const locale = state?.language;
    const texts = textsIn(languageOfPage(exchange, locale));
    const methods = state?.mfa?.methods ?? [];
    const method = methodOf(parametersOf(exchange.request)['method'], methods);
    const usesPasskey = methods.includes('passkey') && this.config.passkeys !== undefined;
    return this.view.form('second-factor', exchange, {
      locale,
      errors,
      parameters: { method, ...(login !== undefined && { login }) },
      form: {
        after: usesPasskey ? this.passkeyForm(exchange, texts, { page: 'second-factor', login }) : undefined,
        links: this.secondFactorLinks(exchange, texts, { methods, method }),
      },
      destination: state?.destination,
      scripts: usesPasskey ? [passkeyScriptPath] : [],
    });
  }

  private secondFactorLinks(
    exchange: PageExchange,
    { links }: Texts,
    { methods, method }: { readonly methods: readonly MfaMethod[]; readonly method: MfaMethod },
  ): PageLink[] {
    const [other, link] =
      method === 'totp' ? (['recovery-code', 'useRecoveryCode'] as const) : (['totp', 'useCode'] as const);
    const names = [...(methods.includes(other) ? [link] : []), 'startOver' as const];
    return names.map((name) => ({ path: this.view.pathOf(name, exchange), text: links[name] }));
  }

  /** A form that the script shows and fills: without scripts a browser has no passkeys. */
  private passkeyForm(
    { request }: PageExchange,
    texts: Texts,
    { page, login }: { readonly page: string; readonly login?: string | undefined },
  ): Markup {
    const { redirect, codeChallenge } = parametersOf(request);
    const hidden = { redirect, codeChallenge, lang: texts.language, login, method: 'passkey', credential: '' };
    return html`<form
      method="post"
      action="${this.links.path(`/account/${page}`)}"
      data-passkey="${this.links.path('/account/passkey-options')}"
      data-failed="${texts.passkeyFailed}"
      hidden
    >
      ${hiddenFields(hidden)}
      <button class="secondary" type="submit">${texts.passkey}</button>
    </form>`;
  }

  /** Undefined for one that is not allowed: the policy of the page names it. */
  private destinationOf({ request }: PageExchange): Destination | undefined {
    const destination = destinationOf(parametersOf(request));
    return destination !== undefined && this.providers.allowsRedirect(destination.redirect) ? destination : undefined;
  }

  /** A link, because the policy of the page applies to the redirects of forms. */
  private providerLink(name: string, exchange: PageExchange, texts: Texts): Markup {
    const destination = this.destinationOf(exchange);
    const path =
      destination === undefined
        ? this.links.path(`/account/providers/${name}`)
        : `${this.links.path(`/v1/auth/oauth/${name}/authorize`)}?${new URLSearchParams({ ...destination }).toString()}`;
    const label = providerNames[name] ?? name.slice(0, 1).toUpperCase() + name.slice(1);
    return html`<a class="button secondary" href="${path}">${texts.continueWith(label)}</a>`;
  }
}

/** Says where the login leads to; the URL of an app has no host. */
function explanationOf(destination: Destination | undefined, texts: Texts): string | undefined {
  const host = destination === undefined ? '' : new URL(destination.redirect).host;
  return host === '' ? undefined : texts.continueAt(host);
}

/** The method that was chosen, or the first that takes a code. */
function methodOf(chosen: string | undefined, methods: readonly MfaMethod[]): 'recovery-code' | 'totp' {
  if (chosen === 'recovery-code' || chosen === 'totp') return chosen;
  return methods.includes('recovery-code') && !methods.includes('totp') ? 'recovery-code' : 'totp';
}
