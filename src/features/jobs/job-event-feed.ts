import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { runOutsideRequest } from '../../platform/logging/request-context.ts';
import type { JobEvent, JobUpdate } from '../../platform/queue/job.ts';
import { JobsRepository } from '../../platform/queue/jobs.repository.ts';
import { QueueTimings } from '../../platform/queue/queue-timings.ts';

/** A reader of a job's events. */
export interface JobSubscriber {
  readonly jobId: string;
  /** The seq of the last event that the subscriber has; 0 for none. */
  readonly afterSeq: number;
  /** Called before each poll: a subscriber that is not ready is skipped, and nothing is buffered for it. */
  readonly ready: () => boolean;
  readonly push: (events: readonly JobEvent[]) => void;
  /** Called when the job is finished and all its events were pushed, or when it was deleted. */
  readonly end: () => void;
}

/** Pause before the next poll when a subscriber has not received all events yet. */
const catchUpMs = 5;
/** Pause after a failed poll. */
const errorBackoffMs = 1000;
const maxBatch = 200;
/** Jobs of one query. Their events are all that is buffered, regardless of the number of subscribers. */
const jobsPerQuery = 50;

/** Polls the table of job events for all subscribers of the process together, one query at a time. */
@Injectable()
export class JobEventFeed implements BeforeApplicationShutdown {
  private readonly log = new Logger(JobEventFeed.name);
  private readonly subscribers = new Map<JobSubscriber, { afterSeq: number }>();
  private polling: Promise<void> | undefined;
  private pause = new AbortController();
  private stopped = false;

  constructor(
    private readonly jobs: JobsRepository,
    private readonly timings: QueueTimings,
  ) {}

  /** Pushes past and future events until the job is finished. Returns a function that unsubscribes earlier. */
  subscribe(subscriber: JobSubscriber): () => void {
    this.subscribers.set(subscriber, { afterSeq: subscriber.afterSeq });
    this.pause.abort();
    this.polling ??= runOutsideRequest(async () => {
      await this.poll();
    });
    return () => {
      this.subscribers.delete(subscriber);
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.pause.abort();
    await this.polling;
  }

  private async poll(): Promise<void> {
    while (this.subscribers.size > 0 && !this.stopped) {
      this.pause = new AbortController();
      const pauseMs = await this.pollOnce();
      await delay(pauseMs, undefined, { signal: this.pause.signal }).catch(() => undefined);
    }
    this.polling = undefined;
  }

  /** Returns the pause before the next poll. */
  private async pollOnce(): Promise<number> {
    const { eventPollIntervalMs } = this.timings;
    const ready = [...this.subscribers].filter(([{ ready: isReady }]) => isReady());
    if (ready.length === 0) return eventPollIntervalMs;
    try {
      const earliest = new Map<string, number>();
      for (const [{ jobId }, { afterSeq }] of ready) {
        earliest.set(jobId, Math.min(afterSeq, earliest.get(jobId) ?? afterSeq));
      }
      const afterSeqs = [...earliest];
      let hasMore = false;
      for (let at = 0; at < afterSeqs.length; at += jobsPerQuery) {
        const batch = new Map(afterSeqs.slice(at, at + jobsPerQuery));
        const updates = await this.jobs.findUpdates(batch, maxBatch);
        for (const [subscriber] of ready) {
          if (batch.has(subscriber.jobId) && this.publish(subscriber, updates.get(subscriber.jobId))) hasMore = true;
        }
      }
      return hasMore ? catchUpMs : eventPollIntervalMs;
    } catch (error) {
      this.log.warn({ err: error }, 'Job event poll failed; retrying');
      return errorBackoffMs;
    }
  }

  /** Pushes the new events of one job. Returns whether there are more. */
  private publish(subscriber: JobSubscriber, update: JobUpdate | undefined): boolean {
    const position = this.subscribers.get(subscriber);
    if (position === undefined) return false;
    // A seq that was never assigned counts as none.
    if (update !== undefined && position.afterSeq > update.lastSeq) position.afterSeq = 0;
    const events = update?.events.filter(({ seq }) => seq > position.afterSeq) ?? [];
    if (events.length > 0) subscriber.push(events);
    position.afterSeq = events.at(-1)?.seq ?? position.afterSeq;
    if (update !== undefined && position.afterSeq < update.lastSeq) return true;
    if (update === undefined || update.finished) {
      this.subscribers.delete(subscriber);
      subscriber.end();
    }
    return false;
  }
}
