import { Controller, Get, Inject, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { Links } from '../../config/links.ts';
import { Public } from '../auth/access.decorators.ts';
import { html, sendPage } from '../html/html-page.ts';
import { negotiatesHtml } from '../html/negotiation.ts';
import { apiVersion } from './document.ts';

/** The start page at `/`, with links to the documentation. */
@Public()
@ApiExcludeController()
@Controller({ version: VERSION_NEUTRAL })
export class StartPageController {
  constructor(
    private readonly links: Links,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
  ) {}

  @Get()
  show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { appName } = this.service;
    const [docs, document, problems, health] = ['/docs', '/docs/openapi.json', '/problems', '/readyz'].map((route) =>
      this.links.path(route),
    );
    // RFC 8631: clients can discover the description of the API.
    void reply.header('Link', `<${document}>; rel="service-desc", <${docs}>; rel="service-doc"`);
    if (!negotiatesHtml(request, reply)) {
      void reply.send({ name: appName, version: apiVersion, links: { docs, document, problems, health } });
      return;
    }
    sendPage(
      reply,
      appName,
      html`<h1>${appName}</h1>
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
