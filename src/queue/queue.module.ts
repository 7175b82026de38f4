import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Attempts } from './attempts.ts';
import { ClaimsRepository } from './claims.repository.ts';
import { JobRegistry } from './job-registry.ts';
import { queueNames } from './job.ts';
import { LeaseConnections } from './lease-connections.ts';
import { LeasesRepository } from './leases.repository.ts';
import { LedgerRepository } from './ledger.repository.ts';
import { Ledger } from './ledger.ts';
import { QueueConnection } from './queue-connection.ts';
import { QueueHealth } from './queue-health.ts';
import { QueuesRepository } from './queues.repository.ts';
import { RelayRepository } from './relay.repository.ts';
import { Relay } from './relay.ts';
import { Scheduler } from './scheduler.ts';
import { SchedulesRepository } from './schedules.repository.ts';
import { Transport } from './transport.ts';
import { Worker } from './worker.ts';

@Module({ providers: [QueueConnection], exports: [QueueConnection] })
class QueueConnectionModule {}

/** Work for later: the ledger, the relay that makes messages of it, and the worker that runs them. */
@Global()
@Module({
  imports: [
    DiscoveryModule,
    QueueConnectionModule,
    BullModule.forRootAsync({
      imports: [QueueConnectionModule],
      inject: [QueueConnection],
      useFactory: (connection: QueueConnection) => ({ connection: connection.options }),
    }),
    BullModule.registerQueue(...queueNames.map((name) => ({ name }))),
  ],
  providers: [
    Attempts,
    ClaimsRepository,
    JobRegistry,
    LeaseConnections,
    LeasesRepository,
    Ledger,
    LedgerRepository,
    QueueHealth,
    QueuesRepository,
    Relay,
    RelayRepository,
    Scheduler,
    SchedulesRepository,
    Transport,
    Worker,
  ],
  exports: [
    Worker,
    JobRegistry,
    Ledger,
    LedgerRepository,
    QueueHealth,
    QueuesRepository,
    SchedulesRepository,
    Transport,
  ],
})
export class QueueModule {}
