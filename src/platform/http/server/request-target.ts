import type { FastifyRequest } from 'fastify';

/** Matches no route; rejectMalformedRequests() rejects the original target first. */
const fallbackTarget = '/.unreadable';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until it is read. */
    matchedPattern: string | undefined | null;
  }
}

/** The pattern of the matched route, such as `/v1/users/:id`. Fastify composes all options of the route each time. */
export function patternOf(request: FastifyRequest): string | undefined {
  return (request.matchedPattern ??= request.routeOptions.url);
}

const probes = new Set(['/livez', '/readyz', '/startupz', '/health/live', '/health/ready']);

/** Whether this is the path of a probe, which an orchestrator or a load balancer sends several times a second. */
export function isProbe(path: string | undefined): boolean {
  return path !== undefined && probes.has(path);
}

/** Whether a route with this pattern is an operation of the API: its path begins with a version. */
export function isApiRoute(pattern: string | undefined): boolean {
  return pattern?.startsWith('/v') === true;
}

/**
 * Origin form (RFC 9112 §3.2.1), percent-encoded as UTF-8. Mail programs and trackers append parameters in Latin-1 or
 * with a bare percent sign to the links of the hosted pages: the query of those paths is not checked.
 */
export function isValidRequestTarget(url: string): boolean {
  if (!url.startsWith('/')) return false;
  const [text = ''] = url.startsWith('/account/') ? url.split('?', 1) : [url];
  if (!text.includes('%')) return true;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The target for the router. The router itself would respond to a target that it cannot decode: without rate limit, log
 * line and CORS headers.
 */
export function routableTarget({ url = '' }: { readonly url?: string | undefined }): string {
  return isValidRequestTarget(url) ? url : fallbackTarget;
}
