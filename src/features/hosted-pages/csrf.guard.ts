import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { CsrfCheckFailed } from './hosted-pages.errors.ts';

/**
 * Accepts forms from pages of this origin only (ASVS 3.5.1): by `Sec-Fetch-Site` where the browser sends it (HTTPS and
 * localhost), otherwise by `Origin`. `Origin: null` is accepted, because browsers send it for our own pages, which have
 * no referrer (Fetch §3.2); the magic link form is bound to its browser by a SameSite=Strict cookie in addition.
 */
@Injectable()
export class CsrfGuard implements CanActivate {
  private readonly ownOrigin: string;

  constructor(@Inject(configToken('service')) { publicUrl }: ServiceConfig) {
    this.ownOrigin = new URL(publicUrl).origin;
  }

  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (method !== 'POST') return true;
    const site = headers['sec-fetch-site'];
    const isSameOrigin = site === undefined ? this.isOwnOrigin(headers) : site === 'same-origin' || site === 'none';
    if (!isSameOrigin) throw new CsrfCheckFailed();
    return true;
  }

  private isOwnOrigin({ origin, host }: FastifyRequest['headers']): boolean {
    if (origin === undefined || origin === 'null' || origin === this.ownOrigin) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }
}
