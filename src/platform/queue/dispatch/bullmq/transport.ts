import { setTimeout as delay } from 'node:timers/promises';
import { getSharedConfigToken } from '@nestjs/bullmq';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { QueueOptions } from 'bullmq';
import { Queue } from 'bullmq';
import type { QueueName } from '../../job.ts';
import { queueNames } from '../../job.ts';
import { timeoutMs } from '../../../redis/redis-connection.ts';
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

/** The messages of a queue that BullMQ holds. */
export interface MessageCounts {
  /** Without those that are retried later: a relay that never committed would leave them in the way of all others. */
  readonly waiting: number;
  /** Those that workers have fetched. */
  readonly running: number;
}

/** Where messages wait for a worker, in the order in which they move. */
const waitingTypes = ['delayed', 'prioritized', 'waiting'] as const;

/** BullMQ's priorities start at 1 (0 means none, before all others); those of jobs are any smallint. */
const priorityOffset = 32_769;

/**
 * Sends messages through BullMQ, which may lose all of them at any time. It creates its queues itself, because
 * BullModule.registerQueue closes them before the relay has sent its last messages, and a closed queue never responds.
 */
@Injectable()
export class Transport {
  private readonly log = new Logger(Transport.name);
  private readonly queues = new Map<QueueName, Queue<JobMessage>>();

  constructor(
    private readonly connection: QueueConnection,
    @Inject(getSharedConfigToken()) private readonly options: QueueOptions,
  ) {}

  /** False while there is no connection to Redis: jobs wait in the table. */
  get isAvailable(): boolean {
    return this.connection.redis.isAvailable;
  }

  /** Closes the queues: nothing is sent afterwards. */
  async close(): Promise<void> {
    for (const queue of this.queues.values()) await queue.close();
  }

  /**
   * The queues, ready to be used.
   * @throws RedisUnavailable at once while there is no connection, and errors of ioredis
   */
  async open(): Promise<readonly Queue<JobMessage>[]> {
    return await Promise.all(
      queueNames.map(async (name) => await this.use(name, async (queue) => await Promise.resolve(queue))),
    );
  }

  /**
   * Sends messages in their order; a message that the queue holds already is not sent twice.
   * @throws RedisUnavailable at once while there is no connection, and errors of ioredis
   */
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
    await this.use(queue, async (target) => await target.addBulk(entries));
  }

  /** Counts the messages of a queue. */
  async count(queue: QueueName): Promise<MessageCounts> {
    const counts = await this.use(
      queue,
      async (target) => await target.getJobCounts('prioritized', 'waiting', 'active'),
    );
    const { prioritized = 0, waiting = 0, active: running = 0 } = counts;
    return { waiting: prioritized + waiting, running };
  }

  /**
   * Returns the ids of those jobs whose message still waits for a worker. A message that a worker has fetched does not
   * count: a running worker claims its job at once, and a crashed one keeps it reserved for long.
   */
  async waiting(queue: QueueName, messages: readonly JobMessage[]): Promise<ReadonlySet<string>> {
    // Only ids, all at once: no more than the relay's limit are ever outstanding.
    const ids = new Set(await this.use(queue, async (target) => await target.getRanges([...waitingTypes], 0, -1)));
    return new Set(messages.filter((message) => ids.has(messageId(message))).map(({ jobId }) => jobId));
  }

  async isPaused(queue: QueueName): Promise<boolean> {
    return await this.use(queue, async (target) => await target.isPaused());
  }

  /** Pauses or resumes a queue: workers fetch no message from a paused one. */
  async setPaused(queue: QueueName, paused: boolean): Promise<void> {
    await this.use(queue, async (target) => {
      await (paused ? target.pause() : target.resume());
    });
  }

  /** BullMQ keeps the result of its first connection for good: its queue is opened while Redis is available. */
  private async use<T>(name: QueueName, work: (queue: Queue<JobMessage>) => Promise<T>): Promise<T> {
    return await this.connection.redis.send(async () => {
      const queue = this.queues.get(name) ?? this.create(name);
      try {
        await withTimeout(queue.waitUntilReady());
      } catch (error) {
        this.queues.delete(name);
        throw error;
      }
      return await work(queue);
    });
  }

  private create(name: QueueName): Queue<JobMessage> {
    const queue = new Queue<JobMessage>(name, this.options);
    // Without a listener BullMQ prints the error. Each call that fails throws it as well.
    queue.on('error', (error) => {
      this.log.debug({ err: error, queue: name }, 'Queue connection lost');
    });
    this.queues.set(name, queue);
    return queue;
  }
}

/** The connection may be lost after it was available: BullMQ waits for the next one without a limit. */
async function withTimeout(ready: Promise<unknown>): Promise<void> {
  const timeout = delay(timeoutMs, undefined, { ref: false }).then(() => {
    throw new Error('The queue did not open in time');
  });
  timeout.catch(() => undefined);
  await Promise.race([ready, timeout]);
}

/** BullMQ's id of a message: never repeated, neither digits alone nor with a colon, which BullMQ rejects. */
function messageId({ jobId, deliveryNo }: JobMessage): string {
  return `${jobId}.${deliveryNo}`;
}
