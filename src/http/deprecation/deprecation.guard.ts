import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { Links } from '../../config/links.ts';
import type { Deprecation } from './deprecated.decorator.ts';
import { deprecationKey } from './deprecated.decorator.ts';

/** Tells callers of a route that it goes, ahead of all that may refuse them. */
@Injectable()
export class DeprecationGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly links: Links,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const deprecation = this.reflector.get<Deprecation | undefined>(deprecationKey, context.getHandler());
    if (deprecation === undefined) return true;
    const { since, sunset, successor } = deprecation;
    void context
      .switchToHttp()
      .getResponse<FastifyReply>()
      // A date of structured fields (RFC 9651 §3.3.7), and one of HTTP.
      .header('Deprecation', `@${Math.floor(since.getTime() / 1000)}`)
      .header('Sunset', sunset.toUTCString())
      .header('Link', `<${this.links.path(successor)}>; rel="successor-version"`);
    return true;
  }
}
