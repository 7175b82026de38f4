import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import type { Markup } from '../html/html-page.ts';
import { asPage, html, prose } from '../html/html-page.ts';
import type { InputError, Problem } from './problem.ts';
import { problemCode, problemType } from './problem-kind.ts';

/** What a problem is answered in. */
export interface ProblemExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly links: Links;
}

/** The problem as text for a person in a browser; the reply gets the headers of a page. */
export function problemPage({ kind, options }: Problem, { request, reply, links }: ProblemExchange): string {
  const { detail, errors = [], members } = options;
  return asPage(
    reply,
    kind.title,
    html`<h1>${kind.title}</h1>
      <p>${prose(kind.meaning)}</p>
      ${detail === undefined ? '' : html`<p>${prose(detail)}</p>`}
      ${errors.length === 0 ? '' : html`<ul>${errors.map(mistake)}</ul>`}
      ${members === undefined ? '' : html`<pre>${JSON.stringify(members, null, 2)}</pre>`}
      <h2>What to do</h2>
      <p>${prose(kind.remedy)}</p>
      <p>
        Status ${kind.status} · <a href="${links.path(problemType(kind))}"><code>${problemCode(kind)}</code></a> · request
        <code>${request.id}</code>
      </p>
      <p><a href="${links.path('/')}">Start page</a></p>`,
  );
}

function mistake({ pointer, parameter, header, detail }: InputError): Markup {
  return html`<li><code>${pointer ?? parameter ?? header ?? ''}</code> ${prose(detail)}</li>`;
}
