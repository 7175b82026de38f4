import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { jest } from '@jest/globals';
import { JobsRepository } from '../../../src/platform/queue/jobs.repository.ts';
import { waitUntil } from '../process/wait-until.ts';

/** Watches how often an application in this process reads the events of jobs for those who receive them. */
export class EventReads {
  private readonly spy;

  constructor(app: NestFastifyApplication) {
    this.spy = jest.spyOn(app.get(JobsRepository, { strict: false }), 'findUpdates');
  }

  /** Waits for the next read. */
  async next(): Promise<void> {
    const before = this.count;
    await waitUntil('the events of jobs are read', () => this.count > before);
  }

  /** Waits until nothing was read for a second, many times the interval of a test application. */
  async silence(): Promise<void> {
    let [count, changedAt] = [this.count, performance.now()];
    await waitUntil('the events of jobs are not read for a second', () => {
      if (this.count !== count) [count, changedAt] = [this.count, performance.now()];
      return performance.now() - changedAt > 1000;
    });
  }

  private get count(): number {
    return this.spy.mock.calls.length;
  }
}
