import { Controller, Get, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../config/links.ts';
import { Public } from '../auth/access.decorators.ts';
import { html, sendPage } from '../html/html-page.ts';
import { choosesHtml } from '../html/negotiation.ts';
import { apiTitle, apiVersion } from './document.ts';

/** What is at `/`: which service this is, and where the rest of it is described. */
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
    // RFC 8631: the same for programs that look for a description without knowing this service.
    void reply.header('Link', `<${document}>; rel="service-desc", <${docs}>; rel="service-doc"`);
    if (!choosesHtml(request, reply)) {
      void reply.send({ name: apiTitle, version: apiVersion, links: { docs, document, problems, health } });
      return;
    }
    sendPage(
      reply,
      apiTitle,
      html`<h1>${apiTitle}</h1>
        <p>A REST API, version ${apiVersion}, for programs to call.</p>
        <ul>
          <li><a href="${docs}">Documentation</a>, in which every operation can be tried</li>
          <li><a href="${document}">OpenAPI document</a></li>
          <li><a href="${problems}">Problems</a> that a request can be answered with</li>
          <li><a href="${health}">Health</a> of this process</li>
        </ul>`,
    );
  }
}
