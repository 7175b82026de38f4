import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * The IP address of the client from X-Forwarded-For, without the port that some proxies add. The peer address of the
 * connection when the header has no valid IP address.
 */
export function clientIp(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const peer = request.socket.remoteAddress;
  if (peer !== undefined && request.ip === peer) return peer;
  const forwarded = withoutPort(request.ip);
  return isIP(forwarded) === 0 ? (peer ?? '') : forwarded;
}

/** Strips brackets and port from `[2001:db8::1]:443`, `[2001:db8::1]` and `192.0.2.1:443`. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  return bracketed ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1] ?? text;
}
