import { Controller, Get, Inject, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { Links } from '../../platform/config/links.ts';
import { Public } from '../../platform/http/auth/access.decorators.ts';
import { HtmlPages } from '../../platform/http/html/html-pages.ts';
import { negotiatesHtml } from '../../platform/http/html/negotiation.ts';
import { apiVersion } from '../../platform/http/openapi/document.ts';
import { AllowedMethods } from '../../platform/http/server/allowed-methods.ts';
import { isConsoleBuilt } from '../admin-console/index.ts';
import { ReadinessService } from '../health/index.ts';
import type { StartPageLink } from './start-page.view.ts';
import { bareStartPage, developmentStartPage } from './start-page.view.ts';

/** The pages that a developer starts from, if they exist in this process. */
const pages = [
  { path: '/docs', name: 'Documentation', text: 'Every operation, to try out' },
  { path: '/graphiql/', name: 'GraphiQL', text: 'Every query and mutation, to try out' },
  { path: '/admin/', name: 'Admin console', text: 'Users, jobs, queues and the audit log' },
  { path: '/account/login', name: 'Log in', text: 'Login, registration and password pages' },
  { path: '/dev/mailbox', name: 'Mailbox', text: 'Every email that was sent' },
  { path: '/docs/openapi.json', name: 'OpenAPI document', text: 'For client generators' },
  { path: '/problems', name: 'Problems', text: 'Every error, with what to do' },
  { path: '/readyz', name: 'Readiness', text: 'The state for load balancers' },
] as const;

/** The start page at `/`: the first steps in development, the name and the documentation in production. */
@Public()
@ApiExcludeController()
@Controller({ version: VERSION_NEUTRAL })
export class StartPageController {
  constructor(
    private readonly links: Links,
    private readonly html: HtmlPages,
    private readonly methods: AllowedMethods,
    private readonly readiness: ReadinessService,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { appName, environment } = this.service;
    const [docs, document, problems, health] = ['/docs', '/docs/openapi.json', '/problems', '/readyz'].map((route) =>
      this.links.path(route),
    );
    // RFC 8631: clients can discover the description of the API.
    void reply.header('Link', `<${document}>; rel="service-desc", <${docs}>; rel="service-doc"`);
    if (!negotiatesHtml(request, reply)) {
      void reply.send({ name: appName, version: apiVersion, links: { docs, document, problems, health } });
      return;
    }
    const body =
      environment === 'production'
        ? bareStartPage(appName, this.existing(['/account/login', '/docs']))
        : developmentStartPage({
            appName,
            states: await this.readiness.states(),
            links: this.existing(pages.map(({ path }) => path)),
            base: this.links.url(''),
          });
    this.html.send(reply, { title: appName, body });
  }

  private existing(paths: readonly string[]): StartPageLink[] {
    const found = pages.filter(({ path }) => paths.includes(path) && this.exists(path));
    return found.map(({ path, ...page }) => ({ ...page, path: this.links.path(path) }));
  }

  private exists(path: string): boolean {
    if (path.startsWith('/admin/') && !isConsoleBuilt()) return false;
    return this.methods.at(path).includes('GET');
  }
}
