import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import type { Principal } from '../auth/principal.ts';
import { tokenHolder } from '../auth/token-holder.ts';
import type { ProblemExchange } from '../problem/problem-page.ts';
import { problemReply } from '../problem/problem-reply.ts';
import { clientAddress } from '../server/client-address.ts';
import { clientNetwork } from '../../logging/client-network.ts';
import type { RequestLimits } from './request-limits.ts';
import { TooManyRequests } from './throttling.errors.ts';

/** Routes asked by machines that keep the service running, or loaded once by those who read its document. */
const exempt = /^\/(livez|readyz|startupz|health|docs|\.well-known)(\/|$)/;

/** What could be a token of ours; whether it is good costs more to tell. */
const tokenShaped = /^bearer\s+[^\s.]+\.[^\s.]+\.[^\s.]+(\s|$)/i;

const uncounted = new WeakSet<FastifyRequest>();

/** Whether the request is still to be counted, by whoever asks: once. */
export function takeUncounted(request: FastifyRequest): boolean {
  return uncounted.delete(request);
}

/** Whose request this is: a user's, or an address's while nobody is logged in. */
export function callerOf(request: FastifyRequest, user: Principal | undefined): string {
  return user === undefined ? `address ${clientNetwork(clientAddress(request))}` : `user ${user.userId}`;
}

/**
 * Counts what strangers send, by their address, before anything is read of it. A request with a token is left to
 * throttling.guard.ts, which knows whose it is; if it does not get there it is counted, and may be refused, when its reply
 * goes out: until then nothing was done for it. What CORS answers does not come here.
 */
export function limitAddresses(server: FastifyInstance, limits: RequestLimits, links: Links): void {
  server.addHook('onRequest', (request, reply, done) => {
    const free = isExempt(request);
    const mayBeUser = !request.is404 && tokenShaped.test(request.headers.authorization ?? '');
    // Where there are files there may be none of this name.
    if (free ? request.routeOptions.url?.endsWith('*') : mayBeUser) uncounted.add(request);
    if (free || mayBeUser) done();
    else
      limits.count(callerOf(request, undefined), reply).then(() => {
        done();
      }, done);
  });

  server.addHook('onSend', (request, reply, payload, done) => {
    if (!takeUncounted(request) || (reply.statusCode < 400 && isExempt(request))) done(null, payload);
    else
      countAnswered(request, reply).then(
        () => {
          done(null, payload);
        },
        (error: unknown) => {
          if (error instanceof TooManyRequests) done(null, refuseInstead(error, { request, reply, links }));
          else done(error as Error);
        },
      );
  });

  async function countAnswered(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // The guard has found the token no good.
    const user = reply.statusCode === 401 ? undefined : await tokenHolder(request);
    await limits.count(callerOf(request, user), reply);
  }
}

function isExempt(request: FastifyRequest): boolean {
  return exempt.test(request.routeOptions.url ?? '');
}

function refuseInstead(problem: TooManyRequests, exchange: ProblemExchange): Buffer {
  for (const name of ['www-authenticate', 'allow']) void exchange.reply.removeHeader(name);
  return problemReply(problem, exchange);
}
