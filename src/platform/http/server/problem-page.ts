import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import type { Markup } from '../html/html-page.ts';
import { html, prose } from '../html/html-page.ts';
import type { HtmlPages } from '../html/html-pages.ts';
import type { InputError, Problem } from '../problem/problem.ts';
import { problemCode, problemType } from '../problem/problem-kind.ts';

/** The request, the response, and what a problem response is built with. */
export interface ProblemExchange extends ProblemRenderers {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface ProblemRenderers {
  readonly links: Links;
  readonly pages: HtmlPages;
}

/** The problem as an HTML page; sets the headers of the response. */
export function problemPage({ kind, options }: Problem, { request, reply, links, pages }: ProblemExchange): string {
  const { detail, errors = [], members } = options;
  return pages.render(reply, {
    title: kind.title,
    body: html`<h1>${kind.title}</h1>
      <p class="status">Status ${kind.status}</p>
      <p>${prose(kind.description)}</p>
      ${detail === undefined ? '' : html`<p>${prose(detail)}</p>`}
      ${errors.length === 0 ? '' : html`<ul>${errors.map(listItem)}</ul>`}
      ${members === undefined ? '' : html`<pre>${JSON.stringify(members, null, 2)}</pre>`}
      <h2>What to do</h2>
      <p>${prose(kind.resolution)}</p>
      <p><a class="button secondary inline" href="${links.path('/')}">Start page</a></p>
      <dl class="facts">
        <dt>Request id</dt>
        <dd><code>${request.id}</code></dd>
        <dt>Problem type</dt>
        <dd>
          <a href="${links.path(problemType(kind))}"><code>${problemCode(kind)}</code></a>
        </dd>
      </dl>`,
  });
}

function listItem({ pointer, parameter, header, detail }: InputError): Markup {
  return html`<li><code>${pointer ?? parameter ?? header ?? ''}</code> ${prose(detail)}</li>`;
}
