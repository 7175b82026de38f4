import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Links } from '../../config/links.ts';
import type { Deprecation } from './deprecated.decorator.ts';
import { deprecationKey } from './deprecated.decorator.ts';
import { metadataOf, oncePerRoute } from '../server/route-metadata.ts';

/** Sets the headers of a deprecated route, before any guard can reject the request. */
@Injectable()
export class DeprecationGuard implements CanActivate {
  private readonly deprecationOf = oncePerRoute(
    (route) => metadataOf(deprecationKey, route) as Deprecation | undefined,
  );

  constructor(private readonly links: Links) {}

  canActivate(context: ExecutionContext): boolean {
    const deprecation = this.deprecationOf(context);
    if (deprecation === undefined) return true;
    const { since, sunset, successor } = deprecation;
    void context
      .switchToHttp()
      .getResponse<FastifyReply>()
      // A structured field date (RFC 9651 §3.3.7); Sunset is an HTTP date.
      .header('Deprecation', `@${Math.floor(since.getTime() / 1000)}`)
      .header('Sunset', sunset.toUTCString())
      .header('Link', `<${this.links.path(successor)}>; rel="successor-version"`);
    return true;
  }
}
