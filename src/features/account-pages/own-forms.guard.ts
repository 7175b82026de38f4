import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { CrossSiteForm } from './account-pages.errors.ts';

/**
 * Takes forms from our own pages alone (ASVS 3.5.1): by `Sec-Fetch-Site` where the browser sends it, which is over HTTPS
 * and on localhost, else by `Origin`. A browser says `Origin: null` on our own pages too, because they send no referrer
 * (Fetch §3.2), so that passes: what would log somebody in is bound to its browser by a SameSite=Strict cookie besides.
 */
@Injectable()
export class OwnFormsGuard implements CanActivate {
  private readonly ownOrigin: string;

  constructor(@Inject(configToken('service')) { publicUrl }: ServiceConfig) {
    this.ownOrigin = new URL(publicUrl).origin;
  }

  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (method !== 'POST') return true;
    const site = headers['sec-fetch-site'];
    const isOwn = site === undefined ? this.isOwnOrigin(headers) : site === 'same-origin' || site === 'none';
    if (!isOwn) throw new CrossSiteForm();
    return true;
  }

  private isOwnOrigin({ origin, host }: FastifyRequest['headers']): boolean {
    if (origin === undefined || origin === 'null' || origin === this.ownOrigin) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }
}
