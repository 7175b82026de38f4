import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../auth/principal.ts';
import { describesHeader } from '../server/request-header.ts';
import type { PageRequest } from './paginator.ts';

/** The caller, the request and the response of a list handler, for Paginator. */
export const PageContext = createParamDecorator(
  (_: unknown, context: ExecutionContext): PageRequest => {
    const http = context.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    return { request, reply, caller: callerOf(context) };
  },
  [
    describesHeader({
      name: 'Prefer',
      required: false,
      description: '`return=total-count` counts all entries into `page.total` (RFC 7240).',
      maxLength: 256,
    }),
  ],
);
