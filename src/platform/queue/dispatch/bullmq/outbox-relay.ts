import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { CoalescedRun } from '../../../async/coalesced-run.ts';
import type { QueueName } from '../../job.ts';
import { queueNames } from '../../job.ts';
import { runOutsideRequest } from '../../../logging/request-context.ts';
import { AbandonedAttemptLog } from '../../execution/attempt-log.ts';
import { JobRegistry } from '../../job-registry.ts';
import { QueueTimings } from '../../queue-timings.ts';
import { TypeLimits } from '../type-limits.ts';
import { OutboxRepository } from './outbox.repository.ts';
import { Transport } from './transport.ts';

/** Delayed, overdue or pending jobs that one poll reads. */
const pollLimit = 1000;
const pollsBetweenPauseSyncs = 4;
/** Under load, jobs are collected for this long and sent together; a single job is sent at once. */
const batchWindowMs = 20;

/**
 * The relay of the transactional outbox: sends a message for every job that is due. Every process runs one. The commit
 * that stores a job notifies the relay of its process, and so does each claim while more jobs are pending; polling finds
 * the jobs whose notification was lost.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(OutboxRelay.name);
  private readonly publishing = new Map(queueNames.map((queue) => [queue, this.publishingOf(queue)]));
  private readonly admission = new CoalescedRun(async () => {
    await this.admitAll();
  });
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> = Promise.resolve();
  private polls = 0;
  private stopped = false;

  constructor(
    private readonly outbox: OutboxRepository,
    private readonly transport: Transport,
    private readonly timings: QueueTimings,
    private readonly limits: TypeLimits,
    private readonly registry: JobRegistry,
    private readonly abandoned: AbandonedAttemptLog,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  /** Runs after the HTTP server has closed: the last requests enqueue jobs, which are still sent. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.polling;
    await this.admission.settled();
    for (const run of this.publishing.values()) await run.settled();
    await this.transport.close();
  }

  /** Publishes the queue's ready jobs soon, those included that wait for the limits of their types. */
  notify(queue: QueueName): void {
    // Messages are not sent in the context of the request that causes it.
    runOutsideRequest(() => {
      this.publishSoon(queue);
      if (this.limits.areDeclared) this.admit();
    });
  }

  /** Publishes soon the waiting jobs that the limits of their types allow. */
  admit(): void {
    if (!this.stopped && this.transport.isAvailable) this.admission.request();
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.polling = this.poll().finally(() => {
        this.schedule();
      });
    }, this.timings.outboxPollIntervalMs);
  }

  private async poll(): Promise<void> {
    try {
      await this.outbox.promoteDelayed(pollLimit);
      if (!this.transport.isAvailable) return;
      await this.outbox.delayUnknown(this.types(), pollLimit);
      await this.rescue();
      this.admit();
      for (const queue of queueNames) await this.publish(queue);
      this.polls += 1;
      if (this.polls % pollsBetweenPauseSyncs === 0) await this.syncPausedQueues();
    } catch (error) {
      this.log.warn({ err: error }, 'Outbox poll failed; retrying');
    }
  }

  /** The table decides: two operators at once, or a crash between table and queue, may have left them different. */
  private async syncPausedQueues(): Promise<void> {
    const paused = await this.outbox.paused();
    for (const queue of queueNames) {
      if ((await this.transport.isPaused(queue)) !== paused.has(queue))
        await this.transport.setPaused(queue, paused.has(queue));
    }
  }

  private async admitAll(): Promise<void> {
    try {
      for (const queue of await this.limits.admit()) this.publishSoon(queue);
    } catch (error) {
      this.log.warn({ err: error }, 'Job admission failed; retrying');
    }
  }

  /** Publishes the queue's ready jobs soon. */
  publishSoon(queue: QueueName): void {
    if (!this.stopped && this.transport.isAvailable) this.publishing.get(queue)?.request();
  }

  private publishingOf(queue: QueueName): CoalescedRun {
    return new CoalescedRun(async (isRepeated) => {
      if (isRepeated) await delay(batchWindowMs);
      try {
        await this.publish(queue);
      } catch (error) {
        this.log.warn({ err: error, queue }, 'Outbox publish failed; retrying');
      }
    });
  }

  /** The types that this build knows. */
  private types(): string[] {
    return this.registry.all().map(({ type }) => type);
  }

  /** Publishes before it commits: a crash in between sends the same message again, and it is claimed once. */
  private async publish(queue: QueueName): Promise<void> {
    await this.outbox.dispatch({
      queue,
      types: this.types(),
      checkAfterMs: this.timings.unclaimedCheckMs,
      count: async () => await this.transport.count(queue),
      publish: async (messages) => {
        await this.transport.send(queue, messages);
      },
    });
  }

  /**
   * Rescuer: makes jobs ready again whose worker has died or whose message BullMQ has lost. If the old message still
   * arrives, its delivery number is outdated and the worker drops it.
   */
  private async rescue(): Promise<void> {
    const rescued = await this.outbox.rescue(pollLimit, this.timings.unclaimedCheckMs, async (overdue) => {
      const unclaimed = overdue.filter(({ abandoned }) => !abandoned);
      const waiting = queueNames.map(async (queue) => {
        const messages = unclaimed.filter((message) => message.queue === queue);
        return messages.length === 0 ? [] : [...(await this.transport.waiting(queue, messages))];
      });
      return new Set((await Promise.all(waiting)).flat());
    });
    this.abandoned.writeAll(rescued);
  }
}
