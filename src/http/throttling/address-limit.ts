import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../server/client-address.ts';
import { clientNetwork } from './client-network.ts';
import type { RequestLimits } from './request-limits.ts';

/** Asked by machines that keep the service running, or loaded once by those who read its document. */
const exempt = /^\/(livez|readyz|startupz|health|docs|\.well-known)(\/|\.|$)/;

const counted = new WeakSet<FastifyRequest>();

/** A request that was counted for its user is not counted for its address. */
export function markCounted(request: FastifyRequest): void {
  counted.add(request);
}

/**
 * Counts what strangers send, by their address, before anything is read of it. A request with a token is left to
 * throttling.guard.ts; if it does not get there, because it can't be read, leads nowhere or the token is no good, it is
 * counted here when its reply goes out.
 */
export function limitAddresses(server: FastifyInstance, limits: RequestLimits): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (exempt.test(request.url)) markCounted(request);
    const network = networkOf(request);
    const waits = request.headers.authorization !== undefined && !request.is404 && !limits.isExhausted(network);
    if (waits || counted.has(request)) done();
    else
      countNow(request, reply).then(() => {
        done();
      }, done);
  });

  server.addHook('onSend', (request, reply, payload, done) => {
    if (counted.has(request)) done(null, payload);
    // Refused is only the next one.
    else
      countNow(request, reply).then(
        () => {
          done(null, payload);
        },
        () => {
          done(null, payload);
        },
      );
  });

  async function countNow(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    markCounted(request);
    await limits.count(networkOf(request), reply);
  }
}

function networkOf(request: FastifyRequest): string {
  return `address ${clientNetwork(clientAddress(request))}`;
}
