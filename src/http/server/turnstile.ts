import { AsyncResource } from 'node:async_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/** One is let in for so many milliseconds of the last turn of the event loop, and no pause is longer. */
const msEach = 4;

/**
 * Lets what strangers want done (logins, refreshes, registrations, forgotten passwords) in one by one: behind each comes
 * a pause as long as the turn of the event loop that began with it. A crowd that comes at once gets half of the process's
 * time, and what users ask for goes past it. Where users make turns long, more are let in with each, so that nobody's
 * refresh waits for a quiet hour.
 */
export function letStrangersInOneByOne(server: FastifyInstance): void {
  const turnstile = new Turnstile();
  server.addHook('onRequest', (request, _reply, done) => {
    // In the request's context, whoever lets it in.
    if (isStrangersWish(request)) turnstile.enter(AsyncResource.bind(done));
    else done();
  });
}

class Turnstile {
  private readonly line: (() => void)[] = [];
  private isOpen = true;

  enter(pass: () => void): void {
    this.line.push(pass);
    if (this.isOpen) this.letIn(1);
  }

  private letIn(count: number): void {
    this.isOpen = false;
    const begin = performance.now();
    for (const pass of this.line.splice(0, count)) pass();
    setImmediate(() => {
      this.rest(performance.now() - begin);
    });
  }

  private rest(turnMs: number): void {
    this.isOpen = this.line.length === 0;
    if (this.isOpen) return;
    setTimeout(
      () => {
        this.letIn(Math.max(1, Math.floor(turnMs / msEach)));
      },
      Math.min(turnMs, msEach),
    );
  }
}

/** Routes that let people in look at no Authorization header: one that is made up must not lead past the line. */
const doors = /^\/(v\d+\/auth|account)\//;

function isStrangersWish({ method, headers, routeOptions }: FastifyRequest): boolean {
  return !safe.has(method) && (headers.authorization === undefined || doors.test(routeOptions.url ?? ''));
}
