import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import type { QueueName } from './job.ts';
import { queueNames } from './job.ts';
import { logLost } from './lost-attempt.ts';
import { RelayRepository } from './relay.repository.ts';
import { Transport } from './transport.ts';

/** How often a relay looks for what a nudge missed: what a dead process left is sent within this time. */
const sweepEveryMs = 500;
/** Messages of one queue that may be outstanding; the backlog stays in the ledger, where it can't be lost. */
const outstandingMax = 1000;
/** A message that nobody claimed for this long is looked for. */
const checkAfterMs = 5000;
/** So many sweeps after one another, the queues are told anew which of them are paused. */
const sweepsBetweenHolds = 4;
/** Under load, jobs are gathered for this long and sent together; a job that comes alone is sent at once. */
const gatherMs = 20;

/**
 * Sends a message for every job that is due. Any number of processes do so at once: a nudge follows the commit that made
 * the job, a sweep finds what nobody was nudged for.
 */
@Injectable()
export class Relay implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger(Relay.name);
  /** The queues that messages are being sent to: whether another round was asked for, and its end. */
  private readonly sending = new Map<QueueName, { again: boolean; done: Promise<void> }>();
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private sweeps = 0;
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
    await this.sweeping;
    await Promise.all(
      Array.from(this.sending.values(), async ({ done }) => {
        await done;
      }),
    );
    await this.transport.close();
    await this.jobs.close();
  }

  /** Sends what is ready, soon; calls that come while it sends are answered by one more round. */
  nudge(queue: QueueName): void {
    const round = this.sending.get(queue);
    if (round !== undefined) round.again = true;
    else if (!this.stopped) this.sendAll(queue);
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep().finally(() => {
        this.schedule();
      });
    }, sweepEveryMs);
  }

  private async sweep(): Promise<void> {
    try {
      await this.jobs.unpark(outstandingMax);
      await this.recoverLost();
      for (const queue of queueNames) await this.send(queue);
      this.sweeps += 1;
      if (this.sweeps % sweepsBetweenHolds === 0) await this.holdAsPaused();
    } catch (error) {
      this.log.warn({ err: error }, 'The relay could not sweep; it tries again');
    }
  }

  /** Two operators at once, or a crash between ledger and queue, may have left them of different minds: the ledger is right. */
  private async holdAsPaused(): Promise<void> {
    const paused = await this.jobs.paused();
    for (const queue of queueNames) {
      if ((await this.transport.isHeld(queue)) !== paused.has(queue))
        await this.transport.hold(queue, paused.has(queue));
    }
  }

  private sendAll(queue: QueueName): void {
    const round = { again: false, done: Promise.resolve() };
    this.sending.set(queue, round);
    round.done = this.sendWhileAsked(queue, round);
  }

  private async sendWhileAsked(queue: QueueName, round: { again: boolean }): Promise<void> {
    try {
      await this.send(queue);
      while (round.again) {
        await delay(gatherMs);
        round.again = false;
        await this.send(queue);
      }
    } catch (error) {
      this.log.warn({ err: error, queue }, 'The relay could not send; the sweep tries again');
    } finally {
      this.sending.delete(queue);
    }
  }

  /** Publish, then commit: a crash in between sends the same message again, and it is claimed once. */
  private async send(queue: QueueName): Promise<void> {
    await this.jobs.dispatch(queue, { outstandingMax, checkAfterMs }, async (messages) => {
      await this.transport.send(queue, messages);
    });
  }

  /**
   * Gives jobs another message whose worker has died, or whose message is gone: the queue may have forgotten everything.
   * Should the old message turn up nevertheless, it carries an old number and is thrown away.
   */
  private async recoverLost(): Promise<void> {
    const ended = await this.jobs.recover(outstandingMax, checkAfterMs, async (overdue) => {
      const unclaimed = overdue.filter(({ abandoned }) => !abandoned);
      const waiting = queueNames.map(async (queue) => {
        const messages = unclaimed.filter((message) => message.queue === queue);
        return messages.length === 0 ? [] : [...(await this.transport.waiting(queue, messages))];
      });
      return new Set((await Promise.all(waiting)).flat());
    });
    for (const attempt of ended) {
      if (attempt.state === 'cancelled') logLost(attempt, 'cancelled');
      // The worker that finds no attempt left has the last one's line.
      else if (!attempt.isLast) logLost(attempt, 'abandoned');
    }
  }
}
