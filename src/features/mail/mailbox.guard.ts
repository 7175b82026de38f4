import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { RouteNotFound } from '../../http/problem/edge.errors.ts';

/** The names of this machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3), as the URL standard writes them. */
const loopback = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Shows the mailbox under names of the service alone. Another page can give its own name this machine's address (DNS
 * rebinding) and would then read what a browser here gets to see: its requests still carry that name.
 */
@Injectable()
export class MailboxGuard implements CanActivate {
  private readonly ownName: string;

  constructor(@Inject(configToken('service')) { publicUrl }: ServiceConfig) {
    this.ownName = new URL(publicUrl).hostname;
  }

  /** @throws RouteNotFound */
  canActivate(context: ExecutionContext): boolean {
    const { host = '' } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
    if (name !== this.ownName && !loopback.test(name)) throw new RouteNotFound();
    return true;
  }
}
