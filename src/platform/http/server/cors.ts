import type { FastifyCorsOptions } from '@fastify/cors';
import cors from '@fastify/cors';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HttpConfig } from '../../config/config.ts';

/**
 * Allows the origins of `CORS_ORIGINS`; a response to another origin has no CORS header. Cookies are allowed only if
 * pages of the same site may use the one with the refresh token.
 */
export async function registerCors(app: NestFastifyApplication, config: HttpConfig): Promise<void> {
  const listed = new Set(config.corsOrigins);
  // The hook of the plugin would compute options for each request.
  if (listed.size === 0) return;
  const options: FastifyCorsOptions = {
    origin: [...listed],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    strictPreflight: false,
    credentials: config.sameSiteCookies,
    maxAge: 600,
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Content-Digest',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Prefer',
      'Last-Event-ID',
      'X-Request-Id',
      'X-API-Key',
      'X-CSRF-Token',
      'Accept-Language',
      'X-Token-Delivery',
      'traceparent',
    ],
    exposedHeaders: [
      'ETag',
      'Link',
      'Location',
      'Retry-After',
      'RateLimit',
      'RateLimit-Policy',
      'X-Request-Id',
      'Idempotency-Replayed',
      'Idempotency-Omitted',
      'Preference-Applied',
      'Content-Disposition',
      'Deprecation',
      'Sunset',
    ],
  };
  await app.register(cors, {
    delegator: (request, decide) => {
      const isListed = listed.has(request.headers.origin ?? '');
      // OPTIONS without Access-Control-Request-Method is no preflight (Fetch §4.8).
      const preflight = request.headers['access-control-request-method'] !== undefined;
      decide(null, isListed ? { ...options, preflight } : { origin: false });
    },
  });
}
