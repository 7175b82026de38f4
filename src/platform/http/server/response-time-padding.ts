import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Ticks } from '../../async/ticks.ts';

/** Which responses of a route are padded; failures are those with a status of 400 or more. */
type PaddedResponses = 'failures' | 'all';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly paddedResponses?: PaddedResponses;
  }

  interface FastifyRequest {
    /** Null before the handler is called, and for routes without padding. */
    paddingTicks: Ticks | null;
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
  const begin = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    // A closed response emits no further event that would end the ticks.
    if (!reply.raw.closed) {
      const ticks = new Ticks(periodMs);
      request.paddingTicks = ticks;
      reply.raw.once('close', () => {
        ticks[Symbol.dispose]();
      });
    }
    done();
  };
  server.decorateRequest('paddingTicks', null);
  server.addHook('onRoute', (route) => {
    const padded = route.config?.paddedResponses;
    if (padded === undefined) return;
    route.preHandler = begin;
    route.onSend = async ({ paddingTicks }, reply) => {
      if (padded === 'all' || reply.statusCode >= 400) await paddingTicks?.next();
    };
  });
}
