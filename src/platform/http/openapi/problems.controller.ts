import { Controller, Get, Param, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
// Also while GraphQL is off, so that the catalogue does not depend on the configuration.
import '../problem/graphql.errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../config/links.ts';
import { Public } from '../auth/access.decorators.ts';
import { html, prose } from '../html/html-page.ts';
import { HtmlPages } from '../html/html-pages.ts';
import { negotiatesHtml } from '../html/negotiation.ts';
import { NotFound } from '../problem/http.errors.ts';
import type { ProblemKind } from '../problem/problem-kind.ts';
import { findProblemKind, problemCatalogue, problemCode, problemType } from '../problem/problem-kind.ts';

/** The pages that the `type` of a problem links to, and their list. */
@Public()
@ApiExcludeController()
@Controller({ path: 'problems', version: VERSION_NEUTRAL })
export class ProblemsController {
  constructor(
    private readonly links: Links,
    private readonly pages: HtmlPages,
  ) {}

  @Get()
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const kinds = problemCatalogue();
    if (!negotiatesHtml(request, reply)) {
      void reply.send({ data: kinds.map((kind) => this.describe(kind)) });
      return;
    }
    const rows = kinds.map(
      (kind) =>
        html`<tr>
          <td>${kind.status}</td>
          <td><a href="${this.hrefOf(kind)}">${kind.slug}</a></td>
          <td>${kind.title}</td>
        </tr>`,
    );
    this.pages.send(reply, {
      title: 'Problems',
      body: html`<h1>Problems</h1>
        <table>
          <thead>
            <tr>
              <th scope="col">Status</th>
              <th scope="col">Type</th>
              <th scope="col">Title</th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>`,
    });
  }

  @Get(':slug')
  get(@Param('slug') slug: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const kind = findProblemKind(slug);
    if (kind === undefined) throw new NotFound();
    if (!negotiatesHtml(request, reply)) {
      void reply.send(this.describe(kind));
      return;
    }
    this.pages.send(reply, {
      title: kind.title,
      body: html`<h1>${kind.title}</h1>
        <p class="quiet">Status ${kind.status} · <code>${problemCode(kind)}</code></p>
        <h2>What it means</h2>
        <p>${prose(kind.description)}</p>
        <h2>What to do</h2>
        <p>${prose(kind.resolution)}</p>
        <p><a href="${this.links.path('/problems')}">All problems</a></p>`,
    });
  }

  private describe(kind: ProblemKind): Record<string, unknown> {
    const { status, title, description, resolution } = kind;
    return { type: this.hrefOf(kind), code: problemCode(kind), status, title, description, resolution };
  }

  private hrefOf(kind: ProblemKind): string {
    return this.links.path(problemType(kind));
  }
}
