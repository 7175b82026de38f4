import type { Type } from '@nestjs/common';
import type { RawEnvironment } from '../../src/platform/config/environment.ts';
import type { QueueTimings } from '../../src/platform/queue/queue-timings.ts';
import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { ScheduledJobsModule } from '../harness/app/scheduled-jobs.ts';
import { TestJobsModule } from '../harness/app/test-jobs.ts';
import { ThingsFixtureModule } from '../harness/app/things-fixture.ts';

const modules = { ExampleJobsModule, ScheduledJobsModule, TestJobsModule, ThingsFixtureModule };

/** The modules of tests that this process runs, by CLUSTER_FEATURES and CLUSTER_TIMINGS, both JSON. */
export function clusterFeatures({ CLUSTER_FEATURES, CLUSTER_TIMINGS: timings }: RawEnvironment): readonly Type[] {
  const names = JSON.parse(CLUSTER_FEATURES ?? '[]') as readonly string[];
  return [
    ...names.map(moduleNamed),
    ...(timings === undefined ? [] : [shortQueueTimings(JSON.parse(timings) as Partial<QueueTimings>)]),
  ];
}

function moduleNamed(name: string): Type {
  const found = Object.entries(modules).find(([each]) => each === name)?.[1];
  if (found === undefined) throw new Error(`test/cluster/features.ts has no module ${name}`);
  return found;
}
