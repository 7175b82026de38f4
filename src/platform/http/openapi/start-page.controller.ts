import { Controller, Get, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../config/links.ts';
import { Public } from '../auth/access.decorators.ts';
import { html, sendPage } from '../html/html-page.ts';
import { negotiatesHtml } from '../html/negotiation.ts';
import { apiTitle, apiVersion } from './document.ts';

/** The start page at `/`, with links to the documentation. */
@Public()
@ApiExcludeController()
@Controller({ version: VERSION_NEUTRAL })
export class StartPageController {
  constructor(private readonly links: Links) {}

  @Get()
  show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const [docs, document, problems, health] = ['/docs', '/docs/openapi.json', '/problems', '/readyz'].map((route) =>
      this.links.path(route),
    );
    // RFC 8631: clients can discover the description of the API.
    void reply.header('Link', `<${document}>; rel="service-desc", <${docs}>; rel="service-doc"`);
    if (!negotiatesHtml(request, reply)) {
      void reply.send({ name: apiTitle, version: apiVersion, links: { docs, document, problems, health } });
      return;
    }
    sendPage(
      reply,
      apiTitle,
      html`<h1>${apiTitle}</h1>
        <p>REST API, version ${apiVersion}</p>
        <ul>
          <li><a href="${docs}">Documentation</a> with Swagger UI</li>
          <li><a href="${document}">OpenAPI document</a></li>
          <li><a href="${problems}">Problems</a> that requests can return</li>
          <li><a href="${health}">Readiness</a> of this instance</li>
        </ul>`,
    );
  }
}
