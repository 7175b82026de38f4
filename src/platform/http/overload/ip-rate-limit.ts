import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isApiKey } from '../../crypto/api-key-format.ts';
import { authenticatePrincipal } from '../auth/access-token.strategy.ts';
import { apiKeyOf } from '../auth/api-key.strategy.ts';
import type { Principal } from '../auth/principal.ts';
import type { ProblemExchange, ProblemRenderers } from '../server/problem-page.ts';
import { problemResponse } from '../server/problem-response.ts';
import { patternOf } from '../server/request-target.ts';
import { clientIp } from '../server/client-ip.ts';
import { clientNetwork } from '../../validation/ip-network.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { TooManyRequests } from './rate-limit.errors.ts';

/** Routes without a rate limit: probes, and the documentation and the admin console with their files. */
const exempt = /^\/(livez|readyz|startupz|health|docs|admin|\.well-known)(\/|$)/;

/** Has the form of an access token; verifying it would cost more. */
const tokenShaped = /^bearer\s+[^\s.]+\.[^\s.]+\.[^\s.]+(\s|$)/i;

declare module 'fastify' {
  interface FastifyRequest {
    isToBeCounted: boolean;
  }
}

/** Whether the request is still to be counted; true once for each request. */
export function consumePendingRequest(request: FastifyRequest): boolean {
  if (!request.isToBeCounted) return false;
  request.isToBeCounted = false;
  return true;
}

/**
 * The key of the rate limit: the API key or the user, or the IP address (IPv6: its /64) of an unauthenticated client.
 */
export function rateLimitKey(request: FastifyRequest, user: Principal | undefined): string {
  if (user === undefined) return `address ${clientNetwork(clientIp(request))}`;
  return user.apiKeyId === undefined ? `user ${user.userId}` : `api-key ${user.apiKeyId}`;
}

/**
 * Counts unauthenticated requests by IP address before anything else of them is read. The RateLimitGuard counts
 * requests with an access token by user, and with an API key by key. A request with credentials that does not reach the
 * guard is counted, and may be rejected, when its response is sent: until then nothing was done for it. CORS preflights
 * are not counted.
 */
export function registerIpRateLimit(server: FastifyInstance, limits: RateLimiter, renderers: ProblemRenderers): void {
  server.decorateRequest('isToBeCounted', false);
  server.addHook('onRequest', (request, reply, done) => {
    const free = isExempt(request);
    const hasToken = !request.is404 && hasCredentials(request);
    // A wildcard route serves files: a request for a missing one is counted.
    if (free ? patternOf(request)?.endsWith('*') === true : hasToken) request.isToBeCounted = true;
    if (free || hasToken) done();
    else
      limits.count(rateLimitKey(request, undefined), reply).then(() => {
        done();
      }, done);
  });

  server.addHook('onSend', (request, reply, payload, done) => {
    if (!consumePendingRequest(request) || (reply.statusCode < 400 && isExempt(request))) done(null, payload);
    else
      countResponse(request, reply).then(
        () => {
          done(null, payload);
        },
        (error: unknown) => {
          if (error instanceof TooManyRequests) done(null, replaceResponse(error, { request, reply, ...renderers }));
          else done(error as Error);
        },
      );
  });

  async function countResponse(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // After 401 the guard has rejected the credentials, after 429 also counted them.
    const isRejected = reply.statusCode === 401 || reply.statusCode === 429;
    const user = isRejected ? undefined : await authenticatePrincipal(request);
    await limits.count(rateLimitKey(request, user), reply);
  }
}

/** Whether the request has credentials of the right form; a mistyped API key fails its checksum. */
function hasCredentials(request: FastifyRequest): boolean {
  const { authorization } = request.headers;
  return authorization === undefined ? isApiKey(apiKeyOf(request) ?? '') : tokenShaped.test(authorization);
}

function isExempt(request: FastifyRequest): boolean {
  return exempt.test(patternOf(request) ?? '');
}

function replaceResponse(problem: TooManyRequests, exchange: ProblemExchange): Buffer {
  for (const name of ['www-authenticate', 'allow']) void exchange.reply.removeHeader(name);
  return problemResponse(problem, exchange);
}
