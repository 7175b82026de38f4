import { Controller, Get, Header, Param, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../auth/access.decorators.ts';
import { html, prefersHtml, sendPage } from '../html/html-page.ts';
import { RouteNotFound } from './edge.errors.ts';
import type { ProblemKind } from './problem-kind.ts';
import { findProblemKind, problemCatalogue, problemCode, problemType } from './problem-kind.ts';

/** What a problem's `type` leads to: a page that says what it means and what to do. */
@Public()
@ApiExcludeController()
@Controller({ path: 'problems', version: VERSION_NEUTRAL })
export class ProblemsController {
  @Get()
  @Header('Vary', 'Accept, Origin')
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const kinds = problemCatalogue();
    if (!prefersHtml(request.headers.accept)) {
      void reply.send({ data: kinds.map(describe) });
      return;
    }
    const rows = kinds.map(
      (kind) =>
        html`<tr>
          <td>${kind.status}</td>
          <td><a href="${problemType(kind)}">${kind.slug}</a></td>
          <td>${kind.title}</td>
        </tr>`,
    );
    sendPage(
      reply,
      'Problems',
      html`<h1>Problems</h1>
        <table>
          <tr>
            <th>Status</th>
            <th>Type</th>
            <th>Title</th>
          </tr>
          ${rows}
        </table>`,
    );
  }

  @Get(':slug')
  @Header('Vary', 'Accept, Origin')
  show(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const kind = findProblemKind(slug);
    if (kind === undefined) throw new RouteNotFound();
    if (!prefersHtml(request.headers.accept)) {
      void reply.send(describe(kind));
      return;
    }
    sendPage(
      reply,
      kind.title,
      html`<h1>${kind.title}</h1>
        <p class="quiet">Status ${kind.status} · <code>${problemCode(kind)}</code></p>
        <h2>What it means</h2>
        <p>${kind.meaning}</p>
        <h2>What to do</h2>
        <p>${kind.remedy}</p>
        <p><a href="/problems">All problems</a></p>`,
    );
  }
}

function describe(kind: ProblemKind): Record<string, unknown> {
  const { status, title, meaning, remedy } = kind;
  return { type: problemType(kind), code: problemCode(kind), status, title, meaning, remedy };
}
