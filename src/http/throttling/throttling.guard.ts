import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { AuthenticatedRequest } from '../auth/principal.ts';
import { markCounted } from './address-limit.ts';
import { RequestLimits } from './request-limits.ts';

/** Counts the requests of a user, whatever tokens and addresses they come from. Runs behind the guards that refuse. */
@Injectable()
export class ThrottlingGuard implements CanActivate {
  constructor(private readonly limits: RequestLimits) {}

  /** @throws TooManyRequests */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    if (request.user === undefined) return true;
    markCounted(request);
    await this.limits.count(`user ${request.user.userId}`, http.getResponse<FastifyReply>());
    return true;
  }
}
