import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Job as BullJob } from 'bullmq';
import { DelayedError, Worker as BullWorker } from 'bullmq';
import { configToken } from '../config/config.module.ts';
import type { QueueConfig } from '../config/config.ts';
import { Attempts } from './attempts.ts';
import { JobRegistry } from './job-registry.ts';
import { queueNames } from './job.ts';
import type { JobMessage } from './message.ts';
import { QueueConnection } from './queue-connection.ts';

/** How long a message belongs to a worker that is not heard of, and how often that is looked at. */
const lockMs = 10_000;
const stallCheckMs = 5000;
/** A job whose type this build does not know rests for so long; then perhaps a newer build gets its message. */
const unknownTypeDelayMs = 5000;
/** A message whose row can't be claimed yet. */
const laterDelayMs = 1000;
/** The ledger counts attempts, so a stalled message never fails by itself. */
const unlimited = 1_000_000;

/** How often a worker looks whether its tables have been made, or tries again to connect. */
const tryAgainMs = 1000;

/** Takes messages from the queues and has their jobs run. */
@Injectable()
export class Worker implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly log = new Logger(Worker.name);
  private workers: readonly BullWorker<JobMessage>[] = [];
  private starting: Promise<void> = Promise.resolve();
  private closing: Promise<unknown> = Promise.resolve();
  private grace: NodeJS.Timeout | undefined;
  private readonly ending = new AbortController();

  constructor(
    private readonly attempts: Attempts,
    private readonly registry: JobRegistry,
    private readonly connection: QueueConnection,
    @Inject(configToken('queue')) private readonly config: QueueConfig,
  ) {}

  /** Begins to work, if this process is to: called once the start can no longer be refused. */
  begin(): void {
    if (this.config.inline) this.starting = this.startWhenMigrated();
  }

  /** The process was told to end: fetch nothing new, let what runs go on. */
  async onModuleDestroy(): Promise<void> {
    this.ending.abort();
    // From the signal on, while requests are still served.
    this.grace = setTimeout(() => {
      this.attempts.stopAll();
    }, this.config.finishGraceMs);
    await this.starting;
    this.closing = Promise.all(
      this.workers.map(async (worker) => {
        await worker.close();
      }),
    );
  }

  /** Waits for running jobs; those that take longer go back to the ledger without losing an attempt. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.closing;
    clearTimeout(this.grace);
  }

  /** BullMQ's workers ask without a pause for tables that are not there. */
  private async startWhenMigrated(): Promise<void> {
    while (!(await this.connection.isMigrated())) {
      if (this.isEnding()) return;
      await this.pause();
    }
    const started = await Promise.all(queueNames.map(async (queue) => await this.startUntilReady(queue)));
    this.workers = started.filter((worker) => worker !== undefined);
  }

  /** A worker that could not connect at its start never does. One that is closed before it is ready never ends. */
  private async startUntilReady(queue: string): Promise<BullWorker<JobMessage> | undefined> {
    while (!this.isEnding()) {
      const worker = this.start(queue);
      try {
        await worker.waitUntilReady();
        return worker;
      } catch (error) {
        this.log.warn({ err: error, queue }, 'A worker could not start; it tries again');
        await worker.close(true);
        await this.pause();
      }
    }
    return undefined;
  }

  private async pause(): Promise<void> {
    await delay(tryAgainMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
  }

  private isEnding(): boolean {
    return this.ending.signal.aborted;
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
        lockDuration: lockMs,
        stalledInterval: stallCheckMs,
        maxStalledCount: unlimited,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      },
    );
    worker.on('error', (error) => {
      this.log.warn({ err: error, queue }, 'The queue can not be reached; trying again');
    });
    return worker;
  }

  private async process(message: BullJob<JobMessage>, token: string | undefined): Promise<void> {
    const type = this.registry.find(message.name);
    if (type === undefined) await this.attempts.postpone(message.data, unknownTypeDelayMs);
    else if ((await this.attempts.run(message.data, type)) === 'later') await putOff(message, token, laterDelayMs);
  }
}

/** BullMQ's way to hand a message back: move it, then say so by this error. */
async function putOff(message: BullJob<JobMessage>, token: string | undefined, forMs: number): Promise<never> {
  await message.moveToDelayed(Date.now() + forMs, token);
  throw new DelayedError();
}
