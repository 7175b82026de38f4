import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { entityTags } from './entity-tag.ts';

/** Answers 304 in place of a reply whose ETag the client already has (RFC 9110 §13.1.2). */
export function answerNotModified(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    if (!isHeldByClient(request, reply)) {
      done(null, payload);
      return;
    }
    void reply.status(304).removeHeader('content-type').removeHeader('content-length');
    // Fastify measures what a HEAD would have been answered with, and leaves it out itself.
    done(null, request.method === 'HEAD' ? payload : null);
  });
}

function isHeldByClient(request: FastifyRequest, reply: FastifyReply): boolean {
  const held = request.headers['if-none-match'];
  const tag = reply.getHeader('etag');
  if (held === undefined || typeof tag !== 'string') return false;
  if (reply.statusCode !== 200 || !['GET', 'HEAD'].includes(request.method)) return false;
  // Weak comparison: the opaque parts decide.
  const [current] = entityTags(tag);
  return held.trim() === '*' || entityTags(held).some((opaque) => opaque === current);
}
