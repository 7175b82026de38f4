import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { runOutsideRequest } from '../../../logging/request-context.ts';
import type { QueueName } from '../../job.ts';
import { ClaimsRepository } from './claims.repository.ts';

/** A process sends at most one NOTIFY within this time. */
const intervalMs = 5;

/** Notifies all processes of queues with new jobs. Notifications may be lost: workers poll as well. */
@Injectable()
export class JobNotifier implements OnApplicationShutdown {
  private readonly changed = new Set<QueueName>();
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();

  constructor(private readonly claims: ClaimsRepository) {}

  /** The first call of a series notifies at once; those of the following milliseconds notify together. */
  notify(queue: QueueName): void {
    this.changed.add(queue);
    if (this.timer === undefined) this.start();
  }

  /** Runs after the HTTP server has closed: the last requests have enqueued jobs for other processes. */
  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.sending;
    if (this.changed.size > 0) await this.send();
  }

  private start(): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.changed.size > 0) this.start();
    }, intervalMs);
    this.sending = runOutsideRequest(async () => {
      await this.send();
    });
  }

  private async send(): Promise<void> {
    const queues = [...this.changed];
    this.changed.clear();
    try {
      await this.claims.notify(queues);
    } catch {
      // The polls of the other processes find the jobs.
    }
  }
}
