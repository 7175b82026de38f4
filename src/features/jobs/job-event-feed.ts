import { setTimeout as delay } from 'node:timers/promises';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { runOutsideRequest } from '../../logging/request-context.ts';
import type { JobEvent, JobNews } from '../../queue/job.ts';
import { LedgerRepository } from '../../queue/ledger.repository.ts';

/** Somebody who follows a job from an event on. */
export interface JobFollower {
  readonly jobId: string;
  /** The seq of the last event that the follower has; 0 for none. */
  readonly afterSeq: number;
  /** Asked before each reading: whoever is not ready is passed over, and nothing is kept for them. */
  readonly ready: () => boolean;
  readonly take: (events: readonly JobEvent[]) => void;
  /** The job is finished and everything of it was taken, or it is gone. */
  readonly end: () => void;
}

const readEveryMs = 250;
/** A follower that is behind is served again after this. */
const catchUpMs = 5;
/** While the database is away. */
const troubledMs = 1000;
const batchMax = 200;
/** So many jobs are asked for at once: what is read for them is all that is held, however many readers there are. */
const jobsAtOnce = 50;

/** Carries events from their table to those who follow jobs: one question at a time, for many of them together. */
@Injectable()
export class JobEventFeed implements BeforeApplicationShutdown {
  private readonly log = new Logger(JobEventFeed.name);
  private readonly followers = new Map<JobFollower, { afterSeq: number }>();
  private reading: Promise<void> | undefined;
  private rest = new AbortController();
  private stopped = false;

  constructor(private readonly jobs: LedgerRepository) {}

  /** Tells the follower what has happened and what happens, until it ends. Returns what ends it earlier. */
  follow(follower: JobFollower): () => void {
    this.followers.set(follower, { afterSeq: follower.afterSeq });
    this.rest.abort();
    this.reading ??= runOutsideRequest(async () => {
      await this.read();
    });
    return () => {
      this.followers.delete(follower);
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.rest.abort();
    await this.reading;
  }

  private async read(): Promise<void> {
    while (this.followers.size > 0 && !this.stopped) {
      this.rest = new AbortController();
      const restMs = await this.readOnce();
      await delay(restMs, undefined, { signal: this.rest.signal }).catch(() => undefined);
    }
    this.reading = undefined;
  }

  private async readOnce(): Promise<number> {
    const ready = [...this.followers].filter(([{ ready: isReady }]) => isReady());
    if (ready.length === 0) return readEveryMs;
    try {
      const earliest = new Map<string, number>();
      for (const [{ jobId }, { afterSeq }] of ready) {
        earliest.set(jobId, Math.min(afterSeq, earliest.get(jobId) ?? afterSeq));
      }
      const asked = [...earliest];
      let isBehind = false;
      for (let at = 0; at < asked.length; at += jobsAtOnce) {
        const some = new Map(asked.slice(at, at + jobsAtOnce));
        const news = await this.jobs.findNews(some, batchMax);
        for (const [follower] of ready) {
          if (some.has(follower.jobId) && this.tell(follower, news.get(follower.jobId))) isBehind = true;
        }
      }
      return isBehind ? catchUpMs : readEveryMs;
    } catch (error) {
      this.log.warn({ err: error }, 'The events of jobs could not be read; trying again');
      return troubledMs;
    }
  }

  /** Whether the follower is behind still. */
  private tell(follower: JobFollower, news: JobNews | undefined): boolean {
    const place = this.followers.get(follower);
    if (place === undefined) return false;
    // Never given out: whoever names it has made it up, and begins at the beginning.
    if (news !== undefined && place.afterSeq > news.lastSeq) place.afterSeq = 0;
    const events = news?.events.filter(({ seq }) => seq > place.afterSeq) ?? [];
    if (events.length > 0) follower.take(events);
    place.afterSeq = events.at(-1)?.seq ?? place.afterSeq;
    if (news !== undefined && place.afterSeq < news.lastSeq) return true;
    if (news === undefined || news.finished) {
      this.followers.delete(follower);
      follower.end();
    }
    return false;
  }
}
