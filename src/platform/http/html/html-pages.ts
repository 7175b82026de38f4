import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Branding } from '../../config/branding.ts';
import { configToken } from '../../config/config.module.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';
import { html, Markup } from './html-page.ts';
import { stylesheet } from './stylesheet.ts';

/** A page; its frame has the name and the logo of the service. */
export interface HtmlPage {
  /** Without the name of the service. */
  readonly title: string;
  /** The content of the main element, with one h1. */
  readonly body: Markup;
  /** The language of the content (BCP 47), `en` by default. */
  readonly language?: string;
  /** `narrow` is the width of a form. */
  readonly layout?: 'narrow' | 'wide';
  /** The content of the footer. */
  readonly footer?: Markup | undefined;
  /** Paths of scripts of this service; without one the policy allows none. */
  readonly scripts?: readonly string[];
  /** Whether the page has frames of this service. */
  readonly frames?: boolean;
  /** Origins or schemes that the submission of a form may be redirected to, besides this service. */
  readonly formTargets?: readonly string[];
}

/** Renders pages that load nothing from other origins, except a logo that the operator has configured there. */
@Injectable()
export class HtmlPages {
  readonly appName: string;
  private readonly brand: Markup;
  private readonly head: Markup;
  /** What every page loads: the stylesheet, the icon and the logo. */
  private readonly sources: { readonly 'style-src': readonly string[]; readonly 'img-src': readonly string[] };

  constructor(@Inject(configToken('service')) branding: Branding) {
    const { appName, logoUrl } = branding;
    const style = stylesheet(branding);
    this.appName = appName;
    this.brand = brandOf(branding);
    // One string: the hash in the policy covers exactly the text between the tags.
    this.head = html`<link rel="icon" href="${iconOf(branding)}" />${new Markup(`<style>${style}</style>`)}`;
    const styleHash = createHash('sha256').update(style).digest('base64');
    this.sources = {
      'style-src': [`'sha256-${styleHash}'`],
      'img-src': ['data:', ...(logoUrl === undefined ? [] : [new URL(logoUrl).origin])],
    };
  }

  /** Sends a page. */
  send(reply: FastifyReply, page: HtmlPage): void {
    void reply.send(this.render(reply, page));
  }

  /** The HTML of a page; sets the headers of the response. */
  render(reply: FastifyReply, page: HtmlPage): string {
    const { title, body, language = 'en', layout = 'wide', footer, scripts = [] } = page;
    void reply
      .header('content-security-policy', this.policyOf(page))
      .header('content-type', 'text/html; charset=utf-8');
    return html`<!doctype html>
      <html lang="${language}">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title === this.appName ? title : `${title} – ${this.appName}`}</title>
          ${this.head} ${scripts.map((path) => html`<script src="${path}" defer></script>`)}
        </head>
        <body class="${layout}">
          <header class="brand">${this.brand}</header>
          <main>${body}</main>
          ${footer === undefined ? '' : html`<footer class="site">${footer}</footer>`}
        </body>
      </html>`.text;
  }

  private policyOf({ scripts = [], frames = false, formTargets = [] }: HtmlPage): string {
    const own = ["'self'"];
    return contentSecurityPolicy({
      ...this.sources,
      ...(scripts.length > 0 && { 'script-src': own, 'connect-src': own }),
      ...(frames && { 'frame-src': own }),
      'form-action': [...own, ...formTargets],
    });
  }
}

function brandOf({ appName, logoUrl }: Branding): Markup {
  if (logoUrl !== undefined) return html`<img src="${logoUrl}" alt="${appName}" />`;
  return html`<span class="mark" aria-hidden="true">${initialOf(appName)}</span><span dir="auto">${appName}</span>`;
}

function initialOf(appName: string): string {
  const [first = ''] = Array.from(new Intl.Segmenter().segment(appName.trim()), ({ segment }) => segment);
  return first.toLocaleUpperCase('en');
}

/** An icon in the URL itself, so that it needs no request. */
function iconOf({ appName, accentColor, accentTextColor }: Branding): string {
  const { text } =
    html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${accentColor}"/><text x="16" y="23" font-family="system-ui,sans-serif" font-size="20" font-weight="700" text-anchor="middle" fill="${accentTextColor}">${initialOf(appName)}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(text)}`;
}
