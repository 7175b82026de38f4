import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import type { Markup } from '../html/html-page.ts';
import { asPage, html, prose } from '../html/html-page.ts';
import type { InputError, Problem } from '../problem/problem.ts';
import { problemCode, problemType } from '../problem/problem-kind.ts';

/** The request, the response and the links that a problem response is built from. */
export interface ProblemExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly links: Links;
}

/** The problem as an HTML page; sets the headers of the response. */
export function problemPage({ kind, options }: Problem, { request, reply, links }: ProblemExchange): string {
  const { detail, errors = [], members } = options;
  return asPage(
    reply,
    kind.title,
    html`<h1>${kind.title}</h1>
      <p>${prose(kind.description)}</p>
      ${detail === undefined ? '' : html`<p>${prose(detail)}</p>`}
      ${errors.length === 0 ? '' : html`<ul>${errors.map(listItem)}</ul>`}
      ${members === undefined ? '' : html`<pre>${JSON.stringify(members, null, 2)}</pre>`}
      <h2>What to do</h2>
      <p>${prose(kind.resolution)}</p>
      <p>
        Status ${kind.status} · <a href="${links.path(problemType(kind))}"><code>${problemCode(kind)}</code></a> · request
        <code>${request.id}</code>
      </p>
      <p><a href="${links.path('/')}">Start page</a></p>`,
  );
}

function listItem({ pointer, parameter, header, detail }: InputError): Markup {
  return html`<li><code>${pointer ?? parameter ?? header ?? ''}</code> ${prose(detail)}</li>`;
}
