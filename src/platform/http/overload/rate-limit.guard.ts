import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { AuthenticatedRequest } from '../auth/principal.ts';
import { rateLimitKey, consumePendingRequest } from './ip-rate-limit.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Counts the requests of a user across tokens and IP addresses. Runs directly after authentication. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  /** The responses to operations whose first field was counted. */
  private readonly withFields = new WeakSet<FastifyReply>();

  constructor(private readonly limits: RateLimiter) {}

  /** @throws TooManyRequests */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    return consumePendingRequest(request) ? this.count(request, http.getResponse<FastifyReply>()) : true;
  }

  /**
   * Counts the root fields of a GraphQL operation, each of which does the work of a request. The request itself was
   * counted for the first one.
   * @throws TooManyRequests
   */
  canActivateField(context: ExecutionContext): boolean | Promise<boolean> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    if (this.withFields.has(reply)) return this.count(reply.request, reply);
    this.withFields.add(reply);
    return true;
  }

  private async count(request: AuthenticatedRequest, reply: FastifyReply): Promise<boolean> {
    await this.limits.count(rateLimitKey(request, request.user), reply);
    return true;
  }
}
