import { AsyncResource } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Metrics } from '../../telemetry/metrics.ts';
import { patternOf } from '../server/request-target.ts';
import { ServerOverloaded } from '../problem/http.errors.ts';

/** Waiting requests beyond this number are rejected with 503. */
const maxQueueLength = 1000;

/**
 * One request is admitted for each of these milliseconds that the last event loop iteration took; pauses are at most
 * this long.
 */
const msPerAdmission = 4;

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Routes that ignore credentials in headers: an invalid one must not bypass admission control. */
const unauthenticatedRoutes = /^\/(v\d+\/auth|account)\//;

/**
 * Queues unauthenticated writes (logins, token refreshes, registrations, password resets), which cost the most CPU, so
 * that they do not delay authenticated requests and reads. Requests are admitted in FIFO order. After each admission
 * the queue pauses for as long as the event loop iteration took that began with it: queued requests get at most half of
 * the CPU time. When other requests make iterations long, several are admitted at once, so that the queue keeps moving.
 */
@Injectable()
export class AdmissionController {
  private readonly queue: (() => void)[] = [];
  private isIdle = true;
  private readonly countRefusal: (labels: object) => void;

  constructor(metrics: Metrics) {
    metrics.gauge(
      {
        name: 'http_server_admission_queue_length',
        help: 'Writes of unauthenticated clients that wait for admission.',
      },
      (set) => {
        set(this.queue.length, {});
      },
    );
    this.countRefusal = metrics.counter({
      name: 'http_server_admission_refusals_total',
      help: 'Writes of unauthenticated clients that were refused with 503 because too many wait.',
    });
  }

  /** The number of waiting requests. */
  get queueLength(): number {
    return this.queue.length;
  }

  /** Calls `proceed` now or later; returns false, and never calls it, when 1,000 requests are waiting. */
  admit(proceed: () => void): boolean {
    if (this.queue.length >= maxQueueLength) {
      this.countRefusal({});
      return false;
    }
    this.queue.push(proceed);
    if (this.isIdle) this.admitNext(1);
    return true;
  }

  private admitNext(count: number): void {
    this.isIdle = false;
    const start = performance.now();
    for (const proceed of this.queue.splice(0, count)) proceed();
    setImmediate(() => {
      this.pause(performance.now() - start);
    });
  }

  private pause(iterationMs: number): void {
    this.isIdle = this.queue.length === 0;
    if (this.isIdle) return;
    setTimeout(
      () => {
        this.admitNext(Math.max(1, Math.floor(iterationMs / msPerAdmission)));
      },
      Math.min(iterationMs, msPerAdmission),
    );
  }
}

/** Sends unauthenticated writes through the admission queue. Registered after the IP rate limit. */
export function registerAdmissionControl(server: FastifyInstance, admission: AdmissionController): void {
  server.addHook('onRequest', (request, _reply, done) => {
    if (!isUnauthenticatedWrite(request)) done();
    // Bound to the asynchronous context of this request: a timer or another request admits it.
    else if (!admission.admit(AsyncResource.bind(done))) done(new ServerOverloaded());
  });
}

function isUnauthenticatedWrite(request: FastifyRequest): boolean {
  const { method, headers } = request;
  if (safeMethods.has(method)) return false;
  const hasCredentials = headers.authorization !== undefined || headers['x-api-key'] !== undefined;
  return !hasCredentials || unauthenticatedRoutes.test(patternOf(request) ?? '');
}
