import type { FastifyCorsOptions } from '@fastify/cors';
import cors from '@fastify/cors';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HttpConfig } from '../../config/config.ts';

/** Lets the configured front ends call from their pages; every other origin gets no CORS header at all. */
export async function allowFrontEnds(app: NestFastifyApplication, config: HttpConfig): Promise<void> {
  const listed = new Set(config.corsOrigins);
  const options: FastifyCorsOptions = {
    origin: [...listed],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    strictPreflight: false,
    maxAge: 600,
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Prefer',
      'Last-Event-ID',
      'X-Request-Id',
      'X-API-Key',
      'X-CSRF-Token',
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
      // An OPTIONS that asks for nothing is no preflight (Fetch §4.8), but a request like any other.
      const preflight = request.headers['access-control-request-method'] !== undefined;
      decide(null, isListed ? { ...options, preflight } : { origin: false });
    },
  });
}
