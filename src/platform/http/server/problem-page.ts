import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import type { Markup } from '../html/html-page.ts';
import { html, prose } from '../html/html-page.ts';
import type { HtmlPages } from '../html/html-pages.ts';
import { varyOn } from '../html/negotiation.ts';
import type { Catalogue, Language } from '../../i18n/language.ts';
import { negotiateLanguage } from '../../i18n/language.ts';
import type { InputError, Problem } from '../problem/problem.ts';
import { problemCode, problemType } from '../problem/problem-kind.ts';
import { de } from './problem-texts/de.ts';
import { en } from './problem-texts/en.ts';

/** The request, the response, and what a problem response is built with. */
export interface ProblemExchange extends ProblemRenderers {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The one that the user has chosen; by default the one that the client prefers. */
  readonly language?: Language | undefined;
}

export interface ProblemRenderers {
  readonly links: Links;
  readonly pages: HtmlPages;
}

const catalogue: Catalogue<typeof en> = { de, en };

/**
 * The problem as an HTML page, in the language of the client if the kind has texts in it, otherwise in English; sets the
 * headers of the response. Details are in English.
 */
export function problemPage({ kind, options }: Problem, exchange: ProblemExchange): string {
  const { request, reply, links, pages } = exchange;
  const preferred = exchange.language ?? negotiateLanguage(request.headers['accept-language']);
  const language = Object.hasOwn(catalogue[preferred].kinds, kind.slug) ? preferred : 'en';
  const texts = catalogue[language];
  const { title, description, resolution } = texts.kinds[kind.slug] ?? kind;
  const { detail, errors = [], members } = options;
  varyOn(reply, 'Accept-Language');
  return pages.render(reply, {
    title,
    language,
    body: html`<h1>${title}</h1>
      <p class="status">${texts.status} ${kind.status}</p>
      <p>${prose(description)}</p>
      ${detail === undefined ? '' : html`<p lang="en">${prose(detail)}</p>`}
      ${errors.length === 0 ? '' : html`<ul lang="en">${errors.map(listItem)}</ul>`}
      ${members === undefined ? '' : html`<pre>${JSON.stringify(members, null, 2)}</pre>`}
      <h2>${texts.resolution}</h2>
      <p>${prose(resolution)}</p>
      <p><a class="button secondary inline" href="${links.path('/')}">${texts.startPage}</a></p>
      <dl class="facts">
        <dt>${texts.requestId}</dt>
        <dd><code>${request.id}</code></dd>
        <dt>${texts.type}</dt>
        <dd>
          <a href="${links.path(problemType(kind))}"><code>${problemCode(kind)}</code></a>
        </dd>
      </dl>`,
  });
}

function listItem({ pointer, parameter, header, detail }: InputError): Markup {
  return html`<li><code>${pointer ?? parameter ?? header ?? ''}</code> ${prose(detail)}</li>`;
}
