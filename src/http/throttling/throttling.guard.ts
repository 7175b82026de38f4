import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { AuthenticatedRequest } from '../auth/principal.ts';
import { callerOf, takeUncounted } from './address-limit.ts';
import { RequestLimits } from './request-limits.ts';

/** Counts the requests of a user, whatever tokens and addresses they come from. Runs as soon as it is known who they are. */
@Injectable()
export class ThrottlingGuard implements CanActivate {
  constructor(private readonly limits: RequestLimits) {}

  /** @throws TooManyRequests */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    if (takeUncounted(request))
      await this.limits.count(callerOf(request, request.user), http.getResponse<FastifyReply>());
    return true;
  }
}
