import { getSharedConfigToken } from '@nestjs/bullmq';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { QueueOptions } from 'bullmq';
import { Queue } from 'bullmq';
import type { QueueName } from '../../job.ts';
import { queueNames } from '../../job.ts';
import { QueueConnection } from './queue-connection.ts';

/** The content of a BullMQ message: a reference to the job's row, which holds everything else. */
export interface JobMessage {
  readonly jobId: string;
  readonly deliveryNo: number;
}

/** A message to be sent, with the type as its name. */
export interface OutgoingMessage extends JobMessage {
  readonly type: string;
  /** A lower number is delivered sooner, also among messages that are waiting already. */
  readonly priority: number;
}

/** BullMQ's priorities start at 1 (0 means none, before all others); those of jobs are any smallint. */
const priorityOffset = 32_769;

/** Up to this many messages are sent faster one by one: on PostgreSQL, addBulk creates temporary tables first. */
const fewMessages = 3;

/**
 * Sends messages through BullMQ, which may lose all of them at any time. It creates its queues itself, because
 * BullModule.registerQueue closes them before the relay has sent its last messages, and a closed queue never responds.
 */
@Injectable()
export class Transport {
  private readonly log = new Logger(Transport.name);
  private readonly queues: Readonly<Record<QueueName, Queue<JobMessage>>>;

  constructor(
    private readonly connection: QueueConnection,
    @Inject(getSharedConfigToken()) options: QueueOptions,
  ) {
    this.queues = { default: this.open('default', options), heavy: this.open('heavy', options) };
  }

  /** Closes the queues and their connections: nothing is sent afterwards. */
  async close(): Promise<void> {
    for (const name of queueNames) await this.queues[name].close();
    await this.connection.close();
  }

  /** Sends messages in their order; a message that the queue holds already is not sent twice. */
  async send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    const entries = messages.map(({ type, jobId, deliveryNo, priority }) => ({
      name: type,
      data: { jobId, deliveryNo },
      opts: {
        jobId: messageId({ jobId, deliveryNo }),
        priority: priority + priorityOffset,
        removeOnComplete: true,
        removeOnFail: true,
      },
    }));
    const target = this.queues[queue];
    if (entries.length > fewMessages) await target.addBulk(entries);
    else for (const { name, data, opts } of entries) await target.add(name, data, opts);
  }

  /**
   * Returns the ids of those jobs whose message still waits for a worker. A message that a worker has fetched does not
   * count: a running worker claims its job at once, and a crashed one keeps it reserved for long.
   */
  async waiting(queue: QueueName, messages: readonly JobMessage[]): Promise<ReadonlySet<string>> {
    // Only ids, all at once: no more than the relay's limit are ever outstanding. In the order in which messages move.
    const ids = new Set(await this.queues[queue].getRanges(['delayed', 'prioritized', 'waiting'], 0, -1));
    return new Set(messages.filter((message) => ids.has(messageId(message))).map(({ jobId }) => jobId));
  }

  async isPaused(queue: QueueName): Promise<boolean> {
    return await this.queues[queue].isPaused();
  }

  /** Pauses or resumes a queue: workers fetch no message from a paused one. */
  async setPaused(queue: QueueName, paused: boolean): Promise<void> {
    const target = this.queues[queue];
    await (paused ? target.pause() : target.resume());
  }

  private open(name: QueueName, options: QueueOptions): Queue<JobMessage> {
    const queue = new Queue<JobMessage>(name, options);
    // Without a listener BullMQ prints the error. Each call that fails throws it as well.
    queue.on('error', (error) => {
      this.log.debug({ err: error, queue: name }, 'Queue connection lost');
    });
    return queue;
  }
}

/** BullMQ's id of a message: never repeated, neither digits alone nor with a colon, which BullMQ rejects. */
function messageId({ jobId, deliveryNo }: JobMessage): string {
  return `${jobId}.${deliveryNo}`;
}
