import type { Type } from '@nestjs/common';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { ScenarioModule } from './scenario.module.ts';

/** The features of a scenario's process. SCENARIO_TIMINGS=short lets leases expire after 3 s instead of 10 s. */
export const features: readonly Type[] =
  process.env['SCENARIO_TIMINGS'] === 'short'
    ? [
        ScenarioModule,
        shortQueueTimings({
          leaseSeconds: 3,
          heartbeatIntervalMs: 500,
          backoffBaseMs: 1000,
          outboxPollIntervalMs: 500,
        }),
      ]
    : [ScenarioModule];
