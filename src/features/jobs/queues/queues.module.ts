import { Module } from '@nestjs/common';
import { Feature } from '../../../platform/feature/feature.ts';
import { QueuesController } from './queues.controller.ts';
import { QueuesService } from './queues.service.ts';

/** The API of queues. */
@Module({
  imports: [
    Feature.declare({
      tag: { name: 'queues', description: 'The job queues: sizes, pause and resume', order: 5 },
      auditEvents: ['queue_paused', 'queue_resumed'],
    }),
  ],
  controllers: [QueuesController],
  providers: [QueuesService],
  exports: [QueuesService],
})
export class QueuesModule {}
