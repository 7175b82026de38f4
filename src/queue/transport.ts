import { getQueueToken } from '@nestjs/bullmq';
import type { OnModuleInit } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Queue } from 'bullmq';
import type { QueueName } from './job.ts';
import { queueNames } from './job.ts';
import type { JobMessage } from './message.ts';
import { messageId } from './message.ts';
import { QueueConnection } from './queue-connection.ts';

/** A message to be sent, with the type as its name. */
export interface OutgoingMessage extends JobMessage {
  readonly type: string;
  /** Lower is sooner, also among messages that wait already. */
  readonly priority: number;
}

/** BullMQ's priorities begin with 1 (0 is none, and before all others); those of jobs are what a smallint holds. */
const priorityOffset = 32_769;

/** So few are sent faster one by one: on PostgreSQL, addBulk makes temporary tables first. */
const fewMessages = 3;

/** The queues that carry messages; they may forget everything at any time. */
@Injectable()
export class Transport implements OnModuleInit {
  private readonly log = new Logger(Transport.name);

  constructor(
    private readonly modules: ModuleRef,
    private readonly connection: QueueConnection,
  ) {}

  onModuleInit(): void {
    for (const name of queueNames) {
      const queue = this.queue(name);
      // A queue that nobody listens to prints its errors itself. Whoever calls it is told anyway.
      queue.on('error', (error) => {
        this.log.debug({ err: error, queue: name }, 'The queue lost a connection');
      });
      // Nest would close it while the relay still sends, and what is asked of a closed queue is never answered.
      Object.assign(queue, { onApplicationShutdown: undefined });
    }
  }

  /** Ends the queues and their connections: nothing is sent any more. */
  async close(): Promise<void> {
    for (const name of queueNames) await this.queue(name).close();
    await this.connection.close();
  }

  /** Sends messages in their order; one that is there already is not sent twice. */
  async send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    const entries = messages.map(({ type, jobId, dispatchNo, priority }) => ({
      name: type,
      data: { jobId, dispatchNo },
      opts: {
        jobId: messageId({ jobId, dispatchNo }),
        priority: priority + priorityOffset,
        removeOnComplete: true,
        removeOnFail: true,
      },
    }));
    if (entries.length > fewMessages) await this.queue(queue).addBulk(entries);
    else for (const { name, data, opts } of entries) await this.queue(queue).add(name, data, opts);
  }

  /**
   * The jobs among these whose message still waits for a worker. One that a worker holds does not: a live worker claims
   * the job at once, and a dead one holds its message for long.
   */
  async waiting(queue: QueueName, messages: readonly JobMessage[]): Promise<ReadonlySet<string>> {
    // Ids alone, for all at once: no more than the relay's limit are ever outstanding. In the order that messages move.
    const held = new Set(await this.queue(queue).getRanges(['delayed', 'prioritized', 'waiting'], 0, -1));
    return new Set(messages.filter((message) => held.has(messageId(message))).map(({ jobId }) => jobId));
  }

  async isHeld(queue: QueueName): Promise<boolean> {
    return await this.queue(queue).isPaused();
  }

  /** Keeps workers from taking messages, or lets them again. */
  async hold(queue: QueueName, held: boolean): Promise<void> {
    await (held ? this.queue(queue).pause() : this.queue(queue).resume());
  }

  private queue(name: QueueName): Queue<JobMessage> {
    return this.modules.get<Queue<JobMessage>>(getQueueToken(name), { strict: false });
  }
}
