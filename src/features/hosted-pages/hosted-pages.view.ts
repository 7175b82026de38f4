import { Injectable } from '@nestjs/common';
import { Links } from '../../platform/config/links.ts';
import type { FormContent, FormError, NoticeContent, PageLink } from '../../platform/http/html/form-page.ts';
import { formContent, hiddenFields as hiddenInputs, noticeContent } from '../../platform/http/html/form-page.ts';
import type { Markup } from '../../platform/http/html/html-page.ts';
import { html } from '../../platform/http/html/html-page.ts';
import { HtmlPages } from '../../platform/http/html/html-pages.ts';
import { varyOn } from '../../platform/http/html/negotiation.ts';
import type { Language } from '../../platform/i18n/language.ts';
import { languages } from '../../platform/i18n/language.ts';
import { isConsoleBuilt } from '../admin-console/index.ts';
import { MagicLinksService } from '../auth/login/index.ts';
import type { Continuation } from './browser-login.cookie.ts';
import type { Destination } from './destination.ts';
import { formTargetOf } from './destination.ts';
import { FormFields } from './form-fields.view.ts';
import { isLinkRoute, linkPaths, pageDefinitions } from './page-definitions.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { languageOfPage, parametersOf } from './page-exchange.decorator.ts';
import { scriptPath } from './page-scripts.ts';
import type { LinkName, PageName, Texts } from './texts/texts.ts';
import { textsIn } from './texts/texts.ts';

/** What a page shows of the current request. */
export interface PageState {
  /** The language of the user, if it is known, or the one that the login began in (BCP 47). */
  readonly locale?: string | undefined;
  readonly errors?: readonly FormError[];
  /** Replaces parts of the page. */
  readonly form?: Partial<FormContent>;
  /** Added to the parameters of the request. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where the submission may lead to; one that is allowed. */
  readonly destination?: Destination | undefined;
  readonly scripts?: readonly string[] | undefined;
}

interface RenderedPage extends Pick<PageState, 'destination' | 'scripts'> {
  readonly title: string;
  readonly language: Language;
  readonly body: Markup;
}

/** Parameters that links to other pages and submissions keep. */
const keptParameters = ['redirect', 'codeChallenge'] as const;
/** Fields that submissions keep besides. */
const hiddenFields = ['token', 'login', 'method'] as const;

/** Renders the hosted pages in the language of the user or of the browser. */
@Injectable()
export class HostedPagesView {
  constructor(
    private readonly links: Links,
    private readonly pages: HtmlPages,
    private readonly fields: FormFields,
    private readonly magicLinks: MagicLinksService,
  ) {}

  /** A page with its form; with `errors` again after a rejected submission. */
  form(name: PageName, exchange: PageExchange, state: PageState = {}): string {
    const language = languageOfPage(exchange, state.locale);
    const texts = textsIn(language);
    const { title, explanation, button } = texts.pages[name];
    const parameters = { ...parametersOf(exchange.request), ...state.parameters };
    const kept = [...keptParameters, ...hiddenFields].map((field): [string, string | undefined] => [
      field,
      parameters[field],
    ]);
    const content = formContent({
      title,
      explanation: explanation === '' ? undefined : explanation,
      action: this.links.path(`/account/${name}`),
      hidden: { ...Object.fromEntries(kept), lang: language },
      fields: pageDefinitions[name].fields.map((field) => this.fields.field(field, { texts, parameters, page: name })),
      button,
      errorTitle: { fields: texts.errorTitle, submission: texts.failedTitle },
      errors: state.errors ?? [],
      links: this.linksTo(pageDefinitions[name].links, exchange, texts),
      ...state.form,
    });
    const { destination, scripts, errors = [] } = state;
    const documentTitle = errors.length === 0 ? title : `${texts.failedTitle}: ${title}`;
    return this.render(exchange, { title: documentTitle, language, body: content, destination, scripts });
  }

  /** What follows a submission. */
  confirmation(name: PageName, exchange: PageExchange): string {
    return this.notice(exchange, (texts) => {
      const { doneTitle: title, done: text } = texts.pages[name];
      return { title, text, links: this.linksTo(pageDefinitions[name].next, exchange, texts) };
    });
  }

  /** The page for a link whose token is invalid, with a button to request another one. */
  invalidLink(name: PageName, exchange: PageExchange): string {
    return this.notice(exchange, (texts) => {
      const { invalidLinkTitle: title, invalidLink: text } = texts;
      return { title, text, links: this.linksTo(pageDefinitions[name].again, exchange, texts) };
    });
  }

  /** For a browser that has a session already. */
  loggedIn(email: string, exchange: PageExchange): string {
    return this.notice(exchange, (texts) => {
      const more = html`<form method="post" action="${this.links.path('/account/logout')}">
        ${hiddenInputs({ lang: texts.language })}
        <button class="secondary" type="submit">${texts.links.logout}</button>
      </form>`;
      const links = this.linksTo(['account'], exchange, texts);
      return { title: texts.loggedInTitle, text: texts.loggedInAs(email), links, more };
    });
  }

  /** For the second step of a login that this browser has not started, or too long ago. */
  loginExpired(exchange: PageExchange): string {
    return this.notice(exchange, (texts) => {
      const { loginExpiredTitle: title, loginExpired: text } = texts;
      return { title, text, links: this.linksTo(['startOver'], exchange, texts) };
    });
  }

  /** Opens another page of this service by itself. */
  continuation({ url: path }: Continuation, exchange: PageExchange): string {
    void exchange.reply.header('refresh', `0;url=${path}`);
    return this.notice(exchange, ({ continuationTitle: title, continuation: text, continue: next }) => {
      return { title, text, links: [{ path, text: next }] };
    });
  }

  textsFor(exchange: PageExchange, locale?: string): Texts {
    return textsIn(languageOfPage(exchange, locale));
  }

  /** A path below the public URL, which keeps the language and the destination of the login. */
  pathOf(link: LinkName, { request }: PageExchange): string {
    const parameters = parametersOf(request);
    const kept = [...keptParameters, 'lang'].flatMap((name) => {
      const value = parameters[name];
      return value === undefined ? [] : [[name, value]];
    });
    return this.links.path(withQuery(linkPaths[link], kept));
  }

  private notice(exchange: PageExchange, describe: (texts: Texts) => NoticeContent): string {
    const language = languageOfPage(exchange);
    const content = describe(textsIn(language));
    return this.render(exchange, { title: content.title, language, body: noticeContent(content) });
  }

  private linksTo(names: readonly LinkName[], exchange: PageExchange, texts: Texts): PageLink[] {
    const available = names.filter((name) => this.isAvailable(name));
    return available.map((name) => ({ path: this.pathOf(name, exchange), text: texts.links[name] }));
  }

  private isAvailable(name: LinkName): boolean {
    if (name === 'account') return isConsoleBuilt();
    return name !== 'magicLink' || this.magicLinks.isEnabled;
  }

  private render(exchange: PageExchange, { destination, scripts = [], ...page }: RenderedPage): string {
    const { request, reply } = exchange;
    // Browsers send the origin of such a page with its form (see isOwnForm); URLs with a token are sent to no server.
    if (!isLinkRoute(request.routeOptions.url)) void reply.header('referrer-policy', 'same-origin');
    varyOn(reply, 'Accept-Language');
    void reply.header('content-language', page.language);
    return this.pages.render(reply, {
      ...page,
      layout: 'narrow',
      footer: this.languageLinks(exchange, page.language),
      scripts: [scriptPath, ...scripts].map((path) => this.links.path(path)),
      formTargets: destination === undefined ? [] : [formTargetOf(destination)],
    });
  }

  /** A submission cannot be repeated in another language. */
  private languageLinks({ request }: PageExchange, current: Language): Markup | undefined {
    if (request.method === 'POST') return undefined;
    const { pathname } = new URL(request.url, 'http://localhost');
    const others = languages.filter((language) => language !== current);
    return html`${others.map((lang) => {
      const path = this.links.path(withQuery(pathname, Object.entries({ ...parametersOf(request), lang })));
      return html`<a href="${path}" lang="${lang}" hreflang="${lang}">${textsIn(lang).languageName}</a>`;
    })}`;
  }
}

function withQuery(route: string, parameters: readonly (readonly string[])[]): string {
  if (parameters.length === 0) return route;
  const [path = '', fragment] = route.split('#', 2);
  const query = new URLSearchParams(
    parameters.map(([name = '', value = '']): [string, string] => [name, value]),
  ).toString();
  return `${path}${path.includes('?') ? '&' : '?'}${query}${fragment === undefined ? '' : `#${fragment}`}`;
}
