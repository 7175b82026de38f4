import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Job as BullJob } from 'bullmq';
import { DelayedError, Worker as BullWorker } from 'bullmq';
import { configToken } from '../../../config/config.module.ts';
import type { QueueConfig } from '../../../config/config.ts';
import { JobExecutor } from '../../execution/job-executor.ts';
import type { JobType } from '../../job-handler.ts';
import { JobRegistry } from '../../job-registry.ts';
import { queueNames } from '../../job.ts';
import type { MessageVerdict } from './message-executor.ts';
import { MessageExecutor } from './message-executor.ts';
import { QueueConnection } from './queue-connection.ts';
import type { JobMessage } from './transport.ts';
import { QueueTimings } from '../../queue-timings.ts';

/** Delay of a job whose type this build does not know; afterwards perhaps a newer build gets its message. */
const unknownTypeDelayMs = 5000;
/** Delay of a message whose row cannot be claimed yet, and pause of a worker after a failed command. */
const retryLaterMs = 1000;
/** How long BullMQ may take to close its workers after their jobs have ended. */
const closeTimeoutMs = 1000;
/** The jobs table counts attempts, so BullMQ never fails a stalled message. */
const unlimited = 1_000_000;

/** Fetches messages from the queues and executes their jobs. */
@Injectable()
export class Worker implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly log = new Logger(Worker.name);
  private workers: readonly BullWorker<JobMessage>[] = [];
  private closing: Promise<unknown> = Promise.resolve();
  private readonly running = new Set<Promise<MessageVerdict>>();
  private grace: NodeJS.Timeout | undefined;

  constructor(
    private readonly messages: MessageExecutor,
    private readonly executor: JobExecutor,
    private readonly registry: JobRegistry,
    private readonly connection: QueueConnection,
    @Inject(configToken('queue')) private readonly config: QueueConfig,
    private readonly timings: QueueTimings,
  ) {}

  /** Starts to work if WORKER is `inline`. Called once the start of the process can no longer fail. */
  begin(): void {
    if (this.config.inline) this.workers = queueNames.map((queue) => this.start(queue));
  }

  /** Stops fetching messages; running jobs continue. */
  onModuleDestroy(): void {
    // The timeout counts from the signal, while requests are still served.
    this.grace = setTimeout(() => {
      this.executor.stopAll();
    }, this.config.shutdownTimeoutMs);
    this.closing = Promise.all(
      this.workers.map(async (worker) => {
        await worker.close();
      }),
    );
  }

  /**
   * Waits for running jobs; those that exceed the timeout are released without losing an attempt. Without Redis, BullMQ
   * waits for it: a message that it could not finish is delivered again, and is outdated.
   */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.running);
    clearTimeout(this.grace);
    await Promise.race([this.closing, delay(closeTimeoutMs, undefined, { ref: false })]);
    this.connection.disconnectWorkers();
  }

  private start(queue: string): BullWorker<JobMessage> {
    const worker = new BullWorker<JobMessage>(
      queue,
      async (message, token) => {
        await this.process(message, token);
      },
      {
        ...this.connection.workerOptions,
        // After a failed command; the default is 15 s.
        runRetryDelay: retryLaterMs,
        concurrency: this.config.concurrency,
        lockDuration: this.timings.messageLockMs,
        stalledInterval: this.timings.stalledCheckIntervalMs,
        maxStalledCount: unlimited,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      },
    );
    worker.on('error', (error) => {
      // A lost connection was logged once.
      const level = this.connection.redis.isAvailable ? 'warn' : 'debug';
      this.log[level]({ err: error, queue }, 'Queue unavailable; retrying');
    });
    return worker;
  }

  private async process(message: BullJob<JobMessage>, token: string | undefined): Promise<void> {
    const type = this.registry.find(message.name);
    if (type === undefined) await this.messages.postpone(message.data, unknownTypeDelayMs);
    else if ((await this.run(message.data, type)) === 'retry-later') await moveToDelayed(message, token, retryLaterMs);
  }

  /**
   * Resolves when the handler has succeeded, before the COMMIT: BullMQ fetches the next message in the meantime. If the
   * process crashes then, the lease of the job expires, which needs no message.
   */
  private async run(message: JobMessage, type: JobType): Promise<MessageVerdict> {
    const handled = Promise.withResolvers<MessageVerdict>();
    const run = this.messages.run(message, type, () => {
      handled.resolve('done');
    });
    this.running.add(run);
    const end = (): void => {
      this.running.delete(run);
    };
    run.then(end, end);
    return await Promise.race([run, handled.promise]);
  }
}

/** Returns a message to BullMQ: it expects the move first, and then this error. */
async function moveToDelayed(message: BullJob<JobMessage>, token: string | undefined, forMs: number): Promise<never> {
  await message.moveToDelayed(Date.now() + forMs, token);
  throw new DelayedError();
}
