import type { Type } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import type { QueueTimings } from '../../../src/platform/queue/queue-timings.ts';
import { queueTimingOverrides } from '../../../src/platform/queue/queue-timings.ts';

/** Leases stay at 10 s: a busy machine must not cost an attempt its lease. */
const shortTimings: Partial<QueueTimings> = {
  heartbeatIntervalMs: 300,
  backoffBaseMs: 100,
  outboxPollIntervalMs: 100,
  unclaimedCheckMs: 1000,
  schedulerPollIntervalMs: 100,
  eventPollIntervalMs: 50,
  stalledCheckIntervalMs: 1000,
};

const timingsOfModules = new WeakMap<Type, Partial<QueueTimings>>();

/** Returns a module that shortens the intervals of the queue; list it beside the features of a test application. */
export function shortQueueTimings(exceptions: Partial<QueueTimings> = {}): Type {
  const timings = { ...shortTimings, ...exceptions };
  @Global()
  @Module({
    providers: [{ provide: queueTimingOverrides, useValue: timings }],
    exports: [queueTimingOverrides],
  })
  class ShortQueueTimingsModule {}
  timingsOfModules.set(ShortQueueTimingsModule, timings);
  return ShortQueueTimingsModule;
}

/** The timings of a module that `shortQueueTimings` has returned. */
export function timingsOf(module: Type): Partial<QueueTimings> | undefined {
  return timingsOfModules.get(module);
}
