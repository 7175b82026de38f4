import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { Dispatcher } from '../dispatcher.ts';
import { QueueBoard } from '../../queue-board.ts';
import { BullMqBoard } from './bullmq-board.ts';
import { BullMqDispatcher } from './bullmq-dispatcher.ts';
import { MessageClaimsRepository } from './message-claims.repository.ts';
import { MessageExecutor } from './message-executor.ts';
import { OutboxRelay } from './outbox-relay.ts';
import { OutboxRepository } from './outbox.repository.ts';
import { QueueConnection } from './queue-connection.ts';
import { Transport } from './transport.ts';
import { Worker } from './worker.ts';

@Module({ providers: [QueueConnection], exports: [QueueConnection] })
class QueueConnectionModule {}

/** Dispatches jobs through BullMQ on Redis. */
@Global()
@Module({
  imports: [
    QueueConnectionModule,
    // The options of every queue, those that a feature registers with BullModule.registerQueue included.
    BullModule.forRootAsync({
      imports: [QueueConnectionModule],
      inject: [QueueConnection],
      useFactory: (connection: QueueConnection) => connection.queueOptions,
    }),
  ],
  providers: [
    BullMqDispatcher,
    { provide: Dispatcher, useExisting: BullMqDispatcher },
    { provide: QueueBoard, useClass: BullMqBoard },
    MessageClaimsRepository,
    MessageExecutor,
    OutboxRelay,
    OutboxRepository,
    Transport,
    Worker,
  ],
  exports: [Dispatcher, QueueBoard],
})
export class BullMqDispatchModule {}
