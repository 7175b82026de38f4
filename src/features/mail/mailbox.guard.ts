import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { configToken } from '../../platform/config/config.module.ts';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { RouteNotFound } from '../../platform/http/problem/http.errors.ts';
import { isOwnForm } from '../../platform/http/server/own-form.ts';

/** Host names of the loopback interface (RFC 6761 §6.3, RFC 1122 §3.2.1.3), as the URL standard writes them. */
const loopback = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Serves the mailbox under the host names of the service only. Another page can point its own host name to a loopback
 * IP address (DNS rebinding) and read the mailbox through a local browser; its requests still have that host name. Forms
 * of other pages are rejected too.
 */
@Injectable()
export class MailboxGuard implements CanActivate {
  private readonly ownHostname: string;

  constructor(@Inject(configToken('service')) private readonly service: ServiceConfig) {
    this.ownHostname = new URL(service.publicUrl).hostname;
  }

  /** @throws RouteNotFound */
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const { host = '' } = headers;
    const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
    if (hostname !== this.ownHostname && !loopback.test(hostname)) throw new RouteNotFound();
    if (method === 'POST' && !isOwnForm(headers, this.service.publicUrl)) throw new RouteNotFound();
    return true;
  }
}
