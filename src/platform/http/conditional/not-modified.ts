import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { entityTags } from './entity-tag.ts';

/** Returns 304 instead of a response whose ETag is in If-None-Match (RFC 9110 §13.1.2). */
export function registerNotModified(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    if (!matchesClientEtag(request, reply)) {
      done(null, payload);
      return;
    }
    void reply.status(304).removeHeader('content-type').removeHeader('content-length');
    // Fastify computes the Content-Length of a HEAD response from the payload and does not send it.
    done(null, request.method === 'HEAD' ? payload : null);
  });
}

function matchesClientEtag(request: FastifyRequest, reply: FastifyReply): boolean {
  const ifNoneMatch = request.headers['if-none-match'];
  const tag = reply.getHeader('etag');
  if (ifNoneMatch === undefined || typeof tag !== 'string') return false;
  if (reply.statusCode !== 200 || !['GET', 'HEAD'].includes(request.method)) return false;
  // Weak comparison (RFC 9110 §8.8.3.2): only the opaque tags are compared.
  const [current] = entityTags(tag);
  return ifNoneMatch.trim() === '*' || entityTags(ifNoneMatch).some((opaque) => opaque === current);
}
