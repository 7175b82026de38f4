import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { isOwnForm } from '../../platform/http/server/own-form.ts';
import { CsrfCheckFailed } from './hosted-pages.errors.ts';
import { isLinkRoute } from './page-definitions.ts';

/**
 * Accepts forms from pages of this origin only (ASVS 3.5.1). The pages of emailed links have no referrer, so that their
 * forms may have the origin `null`: other sites know no token for them, and the magic link form is bound to its browser
 * by a SameSite=Strict cookie in addition.
 */
@Injectable()
export class CsrfGuard implements CanActivate {
  constructor(@Inject(configToken('service')) private readonly service: ServiceConfig) {}

  canActivate(context: ExecutionContext): boolean {
    const { method, headers, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
    if (method !== 'POST' || isOwnForm(headers, this.service.publicUrl)) return true;
    const isHidden = headers['sec-fetch-site'] === undefined && headers.origin === 'null';
    if (!isHidden || !isLinkRoute(routeOptions.url)) throw new CsrfCheckFailed();
    return true;
  }
}
