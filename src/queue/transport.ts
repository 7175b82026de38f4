import { getQueueToken } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Queue } from 'bullmq';
import type { QueueName } from './job.ts';
import type { JobMessage } from './message.ts';
import { messageId } from './message.ts';

/** A message to be sent, with the type as its name. */
export interface OutgoingMessage extends JobMessage {
  readonly type: string;
}

/** The queues that carry messages; they may forget everything at any time. */
@Injectable()
export class Transport {
  constructor(private readonly modules: ModuleRef) {}

  /** Sends messages in one call; one that is there already is not sent twice. */
  async send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    await this.queue(queue).addBulk(
      messages.map(({ type, jobId, dispatchNo }) => ({
        name: type,
        data: { jobId, dispatchNo },
        opts: { jobId: messageId({ jobId, dispatchNo }), removeOnComplete: true, removeOnFail: true },
      })),
    );
  }

  /** Which of these messages the queue still has. */
  async present(queue: QueueName, messages: readonly JobMessage[]): Promise<ReadonlySet<string>> {
    // One question for all: no more than the relay's limit are ever outstanding.
    const held = await this.queue(queue).getJobs(['waiting', 'active', 'delayed', 'prioritized']);
    const ids = new Set(held.map(({ id }) => id));
    return new Set(messages.filter((message) => ids.has(messageId(message))).map(({ jobId }) => jobId));
  }

  /** Keeps workers from taking messages, or lets them again. */
  async hold(queue: QueueName, held: boolean): Promise<void> {
    await (held ? this.queue(queue).pause() : this.queue(queue).resume());
  }

  private queue(name: QueueName): Queue<JobMessage> {
    return this.modules.get<Queue<JobMessage>>(getQueueToken(name), { strict: false });
  }
}
