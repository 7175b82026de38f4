import { AsyncResource } from 'node:async_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Lets what strangers want done (logins, registrations, forgotten passwords) in one by one: behind each comes a pause as
 * long as the turn of the event loop that began with it. A crowd that comes at once gets half of the process's time, and
 * what users ask for goes past it.
 */
export function letStrangersInOneByOne(server: FastifyInstance): void {
  const line: (() => void)[] = [];
  const letIn = (): void => {
    const begin = performance.now();
    line[0]?.();
    setImmediate(() => {
      line.shift();
      if (line.length > 0) setTimeout(letIn, performance.now() - begin);
    });
  };
  server.addHook('onRequest', (request, _reply, done) => {
    if (!isStrangersWish(request)) {
      done();
      return;
    }
    // In the request's context, whoever lets it in.
    line.push(AsyncResource.bind(done));
    if (line.length === 1) letIn();
  });
}

function isStrangersWish({ method, headers }: FastifyRequest): boolean {
  return !safe.has(method) && headers.authorization === undefined;
}
