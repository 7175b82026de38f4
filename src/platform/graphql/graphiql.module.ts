import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { OnModuleInit } from '@nestjs/common';
import { Inject, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { contentSecurityPolicy } from '../http/html/content-security-policy.ts';
import { RouteNotFound } from '../http/problem/http.errors.ts';

/** What the build writes from graphiql/, below the root of the package; images have neither. */
const folder = join(import.meta.dirname, '../../../dist/graphiql');

/** GraphiQL: the page at /graphiql/, and the files that it loads. It sends documents to /graphql like any client. */
@Module({})
export class GraphiqlModule implements OnModuleInit {
  constructor(@Inject(HttpAdapterHost) private readonly host: { readonly httpAdapter: FastifyAdapter }) {}

  /** Routes of Fastify: Nest makes no difference between /graphiql and /graphiql/, to which relative URLs differ. */
  async onModuleInit(): Promise<void> {
    const server = this.host.httpAdapter.getInstance();
    // Relative, so that it holds below a path that a proxy removes.
    server.get('/graphiql', async (_request, reply) => await reply.redirect('graphiql/', 302));
    server.get('/graphiql/', async (_request, reply) => {
      const nonce = randomBytes(16).toString('base64');
      const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined);
      if (page === undefined) throw new RouteNotFound();
      void reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy(nonce) });
      return page.replace('NONCE', nonce);
    });
    await server.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/graphiql/assets/',
      decorateReply: false,
      index: false,
      dotfiles: 'ignore',
      // The name of each file has the hash of its content.
      immutable: true,
      maxAge: '1y',
      // The folder may be absent.
      suppressWarning: true,
    });
  }
}

/** Its dialogs add style elements, which have the nonce; its fonts and some images are in its style sheet. */
function policy(nonce: string): string {
  const own = ["'self'"];
  return contentSecurityPolicy({
    'script-src': own,
    'style-src': [...own, `'nonce-${nonce}'`],
    'img-src': ['data:'],
    'font-src': ['data:'],
    'connect-src': own,
  });
}
