import { Injectable } from '@nestjs/common';
import type { QueueName } from '../../job.ts';
import { Dispatcher } from '../dispatcher.ts';
import { OutboxRelay } from './outbox-relay.ts';
import { Transport } from './transport.ts';
import { Worker } from './worker.ts';

/** Sends a message for each job through BullMQ, whose workers receive it. */
@Injectable()
export class BullMqDispatcher extends Dispatcher {
  constructor(
    private readonly relay: OutboxRelay,
    private readonly worker: Worker,
    private readonly transport: Transport,
  ) {
    super();
  }

  begin(): void {
    this.worker.begin();
  }

  notify(queue: QueueName): void {
    this.relay.notify(queue);
  }

  /** Rejects when BullMQ is unavailable: the relay sends nothing to a paused queue, and pauses BullMQ's queue later. */
  async setPaused(queue: QueueName, paused: boolean): Promise<void> {
    await this.transport.setPaused(queue, paused);
    if (!paused) this.relay.notify(queue);
  }
}
