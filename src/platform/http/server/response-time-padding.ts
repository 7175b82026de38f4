import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { endOfPeriod } from '../../async/end-of-period.ts';

/** Which responses of a route are padded; failures are those with a status of 400 or more. */
type PaddedResponses = 'failures' | 'all';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly paddedResponses?: PaddedResponses;
  }

  interface FastifyRequest {
    /** Time of `performance.now()`; only for routes with padding. */
    paddingStart: number | null;
  }
}

/**
 * Hides how long the work of a route has taken, because its time reveals what its response does not (ASVS 6.3.8):
 * whether an account exists, or why a credential is rejected. For methods only.
 *
 * @param responses by default failures; all of them where the response is the same for every outcome
 */
export const PadResponseTime = (responses: PaddedResponses = 'failures'): MethodDecorator =>
  RouteConfig({ paddedResponses: responses });

/**
 * Sends the responses of the routes with `PadResponseTime` at a multiple of this period, counted from the end of the
 * request: a client that sends its body slowly would otherwise choose where in the period the work ends. A response
 * waits without a connection of the database, a slot of the password hasher or a transaction. The wait ends when the
 * client disconnects, and a graceful shutdown includes it like any other part of a request.
 *
 * Must be registered before the routes; no other route has an additional hook.
 */
export function registerResponseTimePadding(server: FastifyInstance, periodMs: number): void {
  server.decorateRequest('paddingStart', null);
  server.addHook('onRoute', (route) => {
    const padded = route.config?.paddedResponses;
    if (padded === undefined) return;
    route.preHandler = (request, _reply, done) => {
      request.paddingStart = performance.now();
      done();
    };
    route.onSend = async ({ paddingStart: start }, reply) => {
      const isPadded = padded === 'all' || reply.statusCode >= 400;
      if (isPadded && start !== null) await endOfPeriod({ start, periodMs, signal: disconnection(reply) });
    };
  });
}

/** Aborted when the client disconnects. */
function disconnection({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  if (raw.closed) controller.abort();
  else
    raw.once('close', () => {
      controller.abort();
    });
  return controller.signal;
}
