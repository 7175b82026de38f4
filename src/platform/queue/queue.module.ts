import type { DynamicModule, Type } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { QueueConfig } from '../config/config.ts';
import { ArchivedJobsRepository } from './archived-jobs.repository.ts';
import { QueuesRepository } from './dispatch/queues.repository.ts';
import { TypeLimits } from './dispatch/type-limits.ts';
import { TypeLimitsRepository } from './dispatch/type-limits.repository.ts';
import { AbandonedAttemptLog } from './execution/attempt-log.ts';
import { AttemptRunner } from './execution/attempt-runner.ts';
import { JobExecutor } from './execution/job-executor.ts';
import { LeaseConnections } from './execution/lease-connections.ts';
import { LeasesRepository } from './execution/leases.repository.ts';
import { SuccessBatch } from './execution/success-batch.ts';
import { JobListsRepository } from './job-lists.repository.ts';
import { JobQueue } from './job-queue.ts';
import { JobRegistry } from './job-registry.ts';
import { JobsRepository } from './jobs.repository.ts';
import { NewJobsRepository } from './new-jobs.repository.ts';
import { QueueMetricsRepository } from './queue-metrics.repository.ts';
import { queueTimingOverrides, QueueTimings } from './queue-timings.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { SchedulesRepository } from './scheduling/schedules.repository.ts';
import { WorkerThreads } from './threads/worker-threads.ts';

/** Background jobs: the queue, the dispatcher that starts attempts, and the executor that runs them. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: QueueTimings,
      inject: [{ token: queueTimingOverrides, optional: true }],
      useFactory: (overrides?: Partial<QueueTimings>) => new QueueTimings(overrides),
    },
    AbandonedAttemptLog,
    ArchivedJobsRepository,
    AttemptRunner,
    JobExecutor,
    JobListsRepository,
    JobRegistry,
    LeaseConnections,
    LeasesRepository,
    JobQueue,
    JobsRepository,
    NewJobsRepository,
    QueueMetricsRepository,
    QueuesRepository,
    SchedulesRepository,
    SuccessBatch,
    TypeLimits,
    TypeLimitsRepository,
    WorkerThreads,
  ],
  exports: [
    AbandonedAttemptLog,
    ArchivedJobsRepository,
    AttemptRunner,
    TypeLimits,
    JobExecutor,
    JobListsRepository,
    JobRegistry,
    JobQueue,
    JobsRepository,
    LeaseConnections,
    QueuesRepository,
    QueueTimings,
    SchedulesRepository,
  ],
})
export class QueueModule {
  /** Loads the module of one dispatcher only: BullMQ costs time and memory. */
  static forRoot({ dispatcher }: QueueConfig): DynamicModule {
    const providers = dispatcher === 'main-thread' ? [] : [Scheduler];
    return { module: QueueModule, imports: [dispatchModule(dispatcher)], providers };
  }
}

async function dispatchModule(dispatcher: QueueConfig['dispatcher']): Promise<DynamicModule> {
  const load = { bullmq: bullMq, postgresql: postgres, 'main-thread': mainThread };
  return { module: await load[dispatcher]() };
}

async function bullMq(): Promise<Type> {
  const { BullMqDispatchModule } = await import('./dispatch/bullmq/bullmq-dispatch.module.ts');
  return BullMqDispatchModule;
}

async function postgres(): Promise<Type> {
  const { PostgresDispatchModule } = await import('./dispatch/postgres/postgres-dispatch.module.ts');
  return PostgresDispatchModule;
}

async function mainThread(): Promise<Type> {
  const { MainThreadDispatchModule } = await import('./threads/main-thread-dispatch.module.ts');
  return MainThreadDispatchModule;
}
