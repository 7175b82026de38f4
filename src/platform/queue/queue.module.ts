import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BullMqDispatcher } from './dispatch/bullmq/bullmq-dispatcher.ts';
import { Dispatcher } from './dispatch/dispatcher.ts';
import { MessageExecutor } from './dispatch/bullmq/message-executor.ts';
import { JobExecutor } from './execution/job-executor.ts';
import { MessageClaimsRepository } from './dispatch/bullmq/message-claims.repository.ts';
import { JobRegistry } from './job-registry.ts';
import { LeaseConnections } from './execution/lease-connections.ts';
import { LeasesRepository } from './execution/leases.repository.ts';
import { JobsRepository } from './jobs.repository.ts';
import { JobQueue } from './job-queue.ts';
import { QueueConnection } from './dispatch/bullmq/queue-connection.ts';
import { QueueHealth } from './queue-health.ts';
import { QueuesRepository } from './dispatch/queues.repository.ts';
import { queueTimingOverrides, QueueTimings } from './queue-timings.ts';
import { OutboxRepository } from './dispatch/bullmq/outbox.repository.ts';
import { OutboxRelay } from './dispatch/bullmq/outbox-relay.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { SchedulesRepository } from './scheduling/schedules.repository.ts';
import { Transport } from './dispatch/bullmq/transport.ts';
import { Worker } from './dispatch/bullmq/worker.ts';

@Module({ providers: [QueueConnection], exports: [QueueConnection] })
class QueueConnectionModule {}

/** Background jobs: the outbox, the relay that publishes messages, and the worker that executes jobs. */
@Global()
@Module({
  imports: [
    DiscoveryModule,
    QueueConnectionModule,
    // The options of every queue, those that a feature registers with BullModule.registerQueue included.
    BullModule.forRootAsync({
      imports: [QueueConnectionModule],
      inject: [QueueConnection],
      useFactory: (connection: QueueConnection) => ({ connection: connection.options }),
    }),
  ],
  providers: [
    {
      provide: QueueTimings,
      inject: [{ token: queueTimingOverrides, optional: true }],
      useFactory: (overrides?: Partial<QueueTimings>) => new QueueTimings(overrides),
    },
    { provide: Dispatcher, useExisting: BullMqDispatcher },
    BullMqDispatcher,
    MessageClaimsRepository,
    MessageExecutor,
    JobExecutor,
    JobRegistry,
    LeaseConnections,
    LeasesRepository,
    JobQueue,
    JobsRepository,
    QueueHealth,
    QueuesRepository,
    OutboxRelay,
    OutboxRepository,
    Scheduler,
    SchedulesRepository,
    Transport,
    Worker,
  ],
  exports: [
    Dispatcher,
    JobRegistry,
    JobQueue,
    JobsRepository,
    QueueHealth,
    QueuesRepository,
    QueueTimings,
    SchedulesRepository,
  ],
})
export class QueueModule {}
