import type { OnModuleInit } from '@nestjs/common';
import { Inject, Logger, Module, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../../platform/config/links.ts';
import { HttpAuthModule } from '../../../platform/http/auth/http-auth.module.ts';
import { contentSecurityPolicy } from '../../../platform/http/html/content-security-policy.ts';
import { HtmlPages } from '../../../platform/http/html/html-pages.ts';
import { MethodNotAllowed, ServiceUnavailable } from '../../../platform/http/problem/http.errors.ts';
import { Problem } from '../../../platform/http/problem/problem.ts';
import { problemResponse } from '../../../platform/http/server/problem-response.ts';
import { QueueBoard } from '../../../platform/queue/queue-board.ts';
import { QueueDashboardController } from './queue-dashboard.controller.ts';
import { QueueDashboardCookie } from './queue-dashboard.cookie.ts';

const path = '/admin/queues';

/** The library of the pages adds styles to elements. */
const policy = contentSecurityPolicy({
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'font-src': ["'self'"],
  'base-uri': ["'self'"],
});

/** The page requests fonts from another host: browsers use their own instead. */
const fontLinks = /<link[^>]+fonts\.(googleapis|gstatic)\.com[^>]*>/g;

/** Read-only pages of BullMQ's queues at /admin/queues, for browsers with the cookie of QueueDashboardController. */
@Module({
  imports: [HttpAuthModule],
  controllers: [QueueDashboardController],
  providers: [QueueDashboardCookie],
})
export class QueueDashboardModule implements OnModuleInit {
  private readonly log = new Logger(QueueDashboardModule.name);

  constructor(
    @Inject(HttpAdapterHost) private readonly host: { readonly httpAdapter: FastifyAdapter | null },
    @Optional() @Inject(QueueBoard) private readonly board: QueueBoard | undefined,
    private readonly cookie: QueueDashboardCookie,
    private readonly links: Links,
    private readonly pages: HtmlPages,
  ) {}

  async onModuleInit(): Promise<void> {
    const { board } = this;
    // Workers and commands serve no HTTP.
    if (this.host.httpAdapter === null || board === undefined) return;
    const plugin = await board.plugin(this.links.path(path));
    await this.host.httpAdapter.getInstance().register(async (scope) => {
      scope.addHook('onRequest', async (request, reply) => {
        await this.admit(board, request, reply);
      });
      scope.addHook('onSend', async (_request, reply, payload) => {
        void reply.header('content-security-policy', policy);
        return await Promise.resolve(typeof payload === 'string' ? payload.replaceAll(fontLinks, '') : payload);
      });
      await scope.register(plugin, { prefix: path });
    });
  }

  /** Responds itself when the request is rejected: the pages have an error handler of their own. */
  private async admit(board: QueueBoard, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    try {
      await this.cookie.verify(request);
      if (!['GET', 'HEAD'].includes(request.method)) throw new MethodNotAllowed({ headers: { Allow: 'GET, HEAD' } });
      await board.prepare();
    } catch (error) {
      if (!(error instanceof Problem)) this.log.warn({ err: error }, 'The dashboard of queues is unavailable');
      const problem = error instanceof Problem ? error : new ServiceUnavailable({ headers: { 'Retry-After': '1' } });
      await reply.send(problemResponse(problem, { request, reply, links: this.links, pages: this.pages }));
    }
  }
}
