import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { AuthenticatedRequest } from '../auth/principal.ts';
import { rateLimitKey, consumePendingRequest } from './ip-rate-limit.ts';
import { RateLimiter } from './rate-limiter.ts';

/** Counts the requests of a user across tokens and IP addresses. Runs directly after authentication. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(private readonly limits: RateLimiter) {}

  /** @throws TooManyRequests */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    return consumePendingRequest(request) ? this.count(request, http.getResponse<FastifyReply>()) : true;
  }

  private async count(request: AuthenticatedRequest, reply: FastifyReply): Promise<boolean> {
    await this.limits.count(rateLimitKey(request, request.user), reply);
    return true;
  }
}
