import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The client's address as the last trusted proxy names it, without the port that some add; the proxy's own when what it
 * names is no address.
 */
export function clientAddress(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const named = bareAddress(request.ip);
  return isIP(named) === 0 ? (request.socket.remoteAddress ?? '') : named;
}

/** `[2001:db8::1]:443`, `[2001:db8::1]` and `192.0.2.1:443` without what is not the address. */
function bareAddress(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  return bracketed ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1] ?? text;
}
