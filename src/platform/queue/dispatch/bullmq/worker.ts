import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Job as BullJob } from 'bullmq';
import { DelayedError, Worker as BullWorker } from 'bullmq';
import { configToken } from '../../../config/config.module.ts';
import type { QueueConfig } from '../../../config/config.ts';
import { JobExecutor } from '../../execution/job-executor.ts';
import { JobRegistry } from '../../job-registry.ts';
import { queueNames } from '../../job.ts';
import { MessageExecutor } from './message-executor.ts';
import { QueueConnection } from './queue-connection.ts';
import type { JobMessage } from './transport.ts';
import { QueueTimings } from '../../queue-timings.ts';

/** Delay of a job whose type this build does not know; afterwards perhaps a newer build gets its message. */
const unknownTypeDelayMs = 5000;
/** Delay of a message whose row cannot be claimed yet. */
const retryLaterMs = 1000;
/** The jobs table counts attempts, so BullMQ never fails a stalled message. */
const unlimited = 1_000_000;
/** Interval at which a worker checks whether its tables exist, or reconnects. */
const retryIntervalMs = 1000;

/** Fetches messages from the queues and executes their jobs. */
@Injectable()
export class Worker implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly log = new Logger(Worker.name);
  private workers: readonly BullWorker<JobMessage>[] = [];
  private starting: Promise<void> = Promise.resolve();
  private closing: Promise<unknown> = Promise.resolve();
  private grace: NodeJS.Timeout | undefined;
  private readonly shutdown = new AbortController();

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
    if (this.config.inline) this.starting = this.startWhenMigrated();
  }

  /** Stops fetching messages; running jobs continue. */
  async onModuleDestroy(): Promise<void> {
    this.shutdown.abort();
    // The timeout counts from the signal, while requests are still served.
    this.grace = setTimeout(() => {
      this.executor.stopAll();
    }, this.config.shutdownTimeoutMs);
    await this.starting;
    this.closing = Promise.all(
      this.workers.map(async (worker) => {
        await worker.close();
      }),
    );
  }

  /** Waits for running jobs; those that exceed the timeout are released without losing an attempt. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.closing;
    clearTimeout(this.grace);
  }

  /** BullMQ's workers retry without a pause when their tables are missing. */
  private async startWhenMigrated(): Promise<void> {
    while (!(await this.connection.isMigrated())) {
      if (this.isShuttingDown()) return;
      await this.pause();
    }
    const started = await Promise.all(queueNames.map(async (queue) => await this.startUntilReady(queue)));
    this.workers = started.filter((worker) => worker !== undefined);
  }

  /** A BullMQ worker that cannot connect at its start never does; closing one that is not ready never resolves. */
  private async startUntilReady(queue: string): Promise<BullWorker<JobMessage> | undefined> {
    while (!this.isShuttingDown()) {
      const worker = this.start(queue);
      try {
        await worker.waitUntilReady();
        return worker;
      } catch (error) {
        this.log.warn({ err: error, queue }, 'Worker start failed; retrying');
        await worker.close(true);
        await this.pause();
      }
    }
    return undefined;
  }

  private async pause(): Promise<void> {
    await delay(retryIntervalMs, undefined, { signal: this.shutdown.signal }).catch(() => undefined);
  }

  private isShuttingDown(): boolean {
    return this.shutdown.signal.aborted;
  }

  private start(queue: string): BullWorker<JobMessage> {
    const worker = new BullWorker<JobMessage>(
      queue,
      async (message, token) => {
        await this.process(message, token);
      },
      {
        connection: this.connection.options,
        concurrency: this.config.concurrency,
        lockDuration: this.timings.messageLockMs,
        stalledInterval: this.timings.stalledCheckIntervalMs,
        maxStalledCount: unlimited,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      },
    );
    worker.on('error', (error) => {
      this.log.warn({ err: error, queue }, 'Queue unavailable; retrying');
    });
    return worker;
  }

  private async process(message: BullJob<JobMessage>, token: string | undefined): Promise<void> {
    const type = this.registry.find(message.name);
    if (type === undefined) await this.messages.postpone(message.data, unknownTypeDelayMs);
    else if ((await this.messages.run(message.data, type)) === 'retry-later')
      await moveToDelayed(message, token, retryLaterMs);
  }
}

/** Returns a message to BullMQ: it expects the move first, and then this error. */
async function moveToDelayed(message: BullJob<JobMessage>, token: string | undefined, forMs: number): Promise<never> {
  await message.moveToDelayed(Date.now() + forMs, token);
  throw new DelayedError();
}
