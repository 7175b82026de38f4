import type { Type } from '@nestjs/common';
import type { QueueTimings } from '../../src/platform/queue/queue-timings.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { workerThreadProgram } from '../harness/app/worker-thread-program.ts';
import { ScenarioModule } from './scenario.module.ts';

/**
 * The timings that a scenario's process has, by SCENARIO_TIMINGS, instead of those of production: `short` lets leases
 * expire after 3 s instead of 10 s, `responsive` notices cancellations soon and keeps leases on an overloaded machine.
 */
const timings: Readonly<Record<string, Partial<QueueTimings>>> = {
  short: { leaseSeconds: 3, heartbeatIntervalMs: 500, backoffBaseMs: 1000, outboxPollIntervalMs: 500 },
  responsive: { leaseSeconds: 60, heartbeatIntervalMs: 300 },
};
// A process of a scenario is configured by variables, as the service is; the configuration itself has no timings of tests.
const chosen = timings[process.env['SCENARIO_TIMINGS'] ?? ''];

/** The features of a scenario's process. */
export const features: readonly Type[] = [
  ScenarioModule,
  workerThreadProgram(new URL('worker-thread.js', import.meta.url)),
  ...(chosen === undefined ? [] : [shortQueueTimings(chosen)]),
];
