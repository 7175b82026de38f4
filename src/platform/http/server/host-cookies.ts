import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';

/** A cookie to set. */
export interface HostCookie {
  /** Base64url. */
  readonly value: string;
  /** 0 deletes the cookie. */
  readonly maxAgeSeconds: number;
  /** `Lax` also sends it with navigations from other sites; `Strict` by default. */
  readonly sameSite?: 'Lax' | 'Strict';
}

/**
 * Host-only cookies that scripts cannot read and requests of other sites do not send, except navigations with `Lax`.
 * Over HTTPS their names begin with `__Host-`, so that no other host of the domain can set them (RFC 6265bis
 * §4.1.3.2). Over plain HTTP browsers reject the prefix and `Secure`, so in development the cookies have neither; in
 * production they always have both. The prefix requires `Path=/`, even if PUBLIC_URL has a path.
 */
@Injectable()
export class HostCookies {
  private readonly isSecure: boolean;

  constructor(@Inject(configToken('service')) { publicUrl, environment }: ServiceConfig) {
    this.isSecure = publicUrl.startsWith('https:') || environment === 'production';
  }

  /** The value of the cookie; undefined when it is absent or ambiguous (sent more than once). */
  read(request: FastifyRequest, name: string): string | undefined {
    const prefix = `${this.fullName(name)}=`;
    const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const found = pairs.filter((pair) => pair.startsWith(prefix));
    return found.length === 1 ? found[0]?.slice(prefix.length) : undefined;
  }

  set(reply: FastifyReply, name: string, { value, maxAgeSeconds, sameSite = 'Strict' }: HostCookie): void {
    const attributes = ['Path=/', `Max-Age=${maxAgeSeconds}`, 'HttpOnly', `SameSite=${sameSite}`];
    const all = [`${this.fullName(name)}=${value}`, ...attributes, ...(this.isSecure ? ['Secure'] : [])];
    void reply.header('set-cookie', all.join('; '));
  }

  private fullName(name: string): string {
    return this.isSecure ? `__Host-${name}` : name;
  }
}
