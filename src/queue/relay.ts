import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { QueueName } from './job.ts';
import { queueNames } from './job.ts';
import type { OverdueMessage } from './relay.repository.ts';
import { RelayRepository } from './relay.repository.ts';
import { Transport } from './transport.ts';

/** How often a relay looks for what a nudge missed: what a dead process left is sent within this time. */
const sweepEveryMs = 500;
/** Messages of one queue that may be outstanding; the backlog stays in the ledger, where it can't be lost. */
const outstandingMax = 1000;
/** A message that nobody claimed for this long is looked for. */
const checkAfterMs = 5000;

/**
 * Sends a message for every job that is due. Any number of processes do so at once: a nudge follows the commit that made
 * the job, a sweep finds what nobody was nudged for.
 */
@Injectable()
export class Relay implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(Relay.name);
  private readonly sending = new Map<QueueName, 'sending' | 'again'>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly jobs: RelayRepository,
    private readonly transport: Transport,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  /** Behind the HTTP server: requests that are still served enqueue, and their jobs go out. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Sends what is ready, soon; calls that come while it sends are answered by one more round. */
  nudge(queue: QueueName): void {
    if (this.sending.has(queue)) this.sending.set(queue, 'again');
    else if (!this.stopped) void this.sendAll(queue);
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.sweep().finally(() => {
        this.schedule();
      });
    }, sweepEveryMs);
  }

  private async sweep(): Promise<void> {
    try {
      await this.jobs.unpark(outstandingMax);
      await this.recoverLost();
      for (const queue of queueNames) await this.send(queue);
    } catch (error) {
      this.log.warn({ err: error }, 'The relay could not sweep; it tries again');
    }
  }

  private async sendAll(queue: QueueName): Promise<void> {
    this.sending.set(queue, 'sending');
    try {
      do {
        this.sending.set(queue, 'sending');
        await this.send(queue);
      } while (this.sending.get(queue) === 'again');
    } catch (error) {
      this.log.warn({ err: error, queue }, 'The relay could not send; the sweep tries again');
    } finally {
      this.sending.delete(queue);
    }
  }

  /** Publish, then commit: a crash in between sends the same message again, and it is claimed once. */
  @Transactional()
  private async send(queue: QueueName): Promise<void> {
    await this.jobs.lock(queue);
    const outstanding = await this.jobs.outstanding(queue);
    if (outstanding === null || outstanding >= outstandingMax) return;
    const messages = await this.jobs.take(queue, outstandingMax - outstanding, checkAfterMs);
    if (messages.length > 0) await this.transport.send(queue, messages);
  }

  /**
   * Gives jobs another message whose worker has died, or whose message is gone: the queue may have forgotten everything.
   * Should the old message turn up nevertheless, it carries an old number and is thrown away.
   */
  @Transactional()
  private async recoverLost(): Promise<void> {
    const overdue = await this.jobs.lockOverdue(outstandingMax);
    for (const queue of queueNames) {
      const messages = overdue.filter((message) => message.queue === queue);
      if (messages.length === 0) continue;
      const waiting = await this.transport.waiting(queue, messages);
      const isWaiting = ({ jobId, abandoned }: OverdueMessage): boolean => !abandoned && waiting.has(jobId);
      await this.jobs.postpone(idsOf(messages.filter(isWaiting)), checkAfterMs);
      await this.jobs.makeReady(idsOf(messages.filter((message) => !isWaiting(message))));
    }
  }
}

function idsOf(messages: readonly OverdueMessage[]): string[] {
  return messages.map(({ jobId }) => jobId);
}
