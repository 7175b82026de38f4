import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { OnModuleInit } from '@nestjs/common';
import { Inject, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { configToken } from '../../platform/config/config.module.ts';
import type { ServiceConfig } from '../../platform/config/config.ts';
import type { OAuthConfig } from '../../platform/config/variables/oauth.ts';
import { roles } from '../../platform/http/auth/permissions.ts';
import { contentSecurityPolicy } from '../../platform/http/html/content-security-policy.ts';
import { html } from '../../platform/http/html/html-page.ts';
import { RouteNotFound } from '../../platform/http/problem/http.errors.ts';
import { consoleFolder, consolePage } from './console-page.ts';

/** The admin console: the page at /admin/, and the files that it loads. Everything else it requests from the API. */
@Module({})
export class AdminConsoleModule implements OnModuleInit {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: { readonly httpAdapter: FastifyAdapter | null },
    @Inject(configToken('service')) private readonly service: ServiceConfig,
    @Inject(configToken('oauth')) private readonly oauth: OAuthConfig,
  ) {}

  /** Routes of Fastify: Nest makes no difference between /admin and /admin/, to which relative URLs differ. */
  async onModuleInit(): Promise<void> {
    // Workers and commands serve no HTTP.
    if (this.host.httpAdapter === null) return;
    const server = this.host.httpAdapter.getInstance();
    // Relative, so that it holds below a path that a proxy removes.
    server.get('/admin', async (_request, reply) => await reply.redirect('admin/', 302));
    server.get('/admin/', async (_request, reply) => {
      const nonce = randomBytes(16).toString('base64');
      const page = await consolePage(this.elements(nonce));
      if (page === undefined) throw new RouteNotFound();
      void reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy(nonce) });
      return page;
    });
    await server.register(fastifyStatic, {
      root: join(consoleFolder, 'assets'),
      prefix: '/admin/assets/',
      decorateReply: false,
      index: false,
      dotfiles: 'ignore',
      preCompressed: true,
      // The name of each file has the hash of its content.
      immutable: true,
      maxAge: '1y',
      // Production images may omit the folder.
      suppressWarning: true,
    });
  }

  /** What admin/src/configuration.ts reads. */
  private elements(nonce: string): string {
    const { appName, logoUrl = '', accentColor } = this.service;
    return html`<title>${appName}</title>
      <meta property="csp-nonce" nonce="${nonce}" />
      <meta name="app-name" content="${appName}" />
      <meta name="app-logo-url" content="${logoUrl}" />
      <meta name="app-accent-color" content="${accentColor}" />
      <meta name="roles" content="${roles().join(' ')}" />
      <meta name="providers" content="${this.oauth.providers.map(({ name }) => name).join(' ')}" />`.text;
  }
}

/** The library of styles adds style elements, which have the nonce. */
function policy(nonce: string): string {
  const own = ["'self'"];
  return contentSecurityPolicy({
    'script-src': own,
    'style-src': [...own, `'nonce-${nonce}'`],
    'img-src': [...own, 'data:'],
    'connect-src': own,
    'font-src': own,
    'form-action': own,
  });
}
