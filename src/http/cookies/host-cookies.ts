import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';

/**
 * Cookies for this host alone, out of reach of scripts and of other sites. Over HTTPS their names begin with `__Host-`,
 * so that no other host of the domain can set them (RFC 6265bis §4.1.3.2); over plain HTTP, which is for development,
 * browsers would keep neither the prefix nor `Secure`. The prefix demands `Path=/`, also where PUBLIC_URL has a path.
 */
@Injectable()
export class HostCookies {
  private readonly isSecure: boolean;

  constructor(@Inject(configToken('service')) { publicUrl }: ServiceConfig) {
    this.isSecure = publicUrl.startsWith('https:');
  }

  /** The value of a cookie; undefined when there is none, or more than one, of which nobody knows the right one. */
  read(request: FastifyRequest, name: string): string | undefined {
    const prefix = `${this.fullName(name)}=`;
    const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const found = pairs.filter((pair) => pair.startsWith(prefix));
    return found.length === 1 ? found[0]?.slice(prefix.length) : undefined;
  }

  /** Sets a cookie; 0 seconds remove it. The value must be of base64url. */
  set(reply: FastifyReply, name: string, { value, maxAgeSeconds }: { value: string; maxAgeSeconds: number }): void {
    const attributes = ['Path=/', `Max-Age=${maxAgeSeconds}`, 'HttpOnly', 'SameSite=Strict'];
    const all = [`${this.fullName(name)}=${value}`, ...attributes, ...(this.isSecure ? ['Secure'] : [])];
    void reply.header('set-cookie', all.join('; '));
  }

  private fullName(name: string): string {
    return this.isSecure ? `__Host-${name}` : name;
  }
}
