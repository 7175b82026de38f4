import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { isMfaMissing } from '../../config/variables/credentials.ts';
import type { Occurrences } from './cron.ts';
import { occurrencesAround } from './cron.ts';
import { JobRegistry } from '../job-registry.ts';
import { JobQueue } from '../job-queue.ts';
import { InvalidPayload } from '../queue-errors.ts';
import { QueueTimings } from '../queue-timings.ts';
import type { DueSchedule } from './schedule.ts';
import { SchedulesRepository } from './schedules.repository.ts';

/** Schedules that are handled in one transaction. */
const batchSize = 20;
/** An invalid schedule is evaluated again after this, in case a newer build can. */
const invalidRetryMs = 60 * 60 * 1000;

/**
 * Creates the jobs of schedules that are due. Every process runs one; a row lock gives each occurrence to one of them,
 * and the job commits together with the schedule's next occurrence. After a downtime one job replaces all missed
 * occurrences.
 */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Scheduler.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private isFailing = false;

  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly registry: JobRegistry,
    private readonly queue: JobQueue,
    private readonly timings: QueueTimings,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.scheduleNextPoll();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private scheduleNextPoll(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.poll().finally(() => {
        this.scheduleNextPoll();
      });
    }, this.timings.schedulerPollIntervalMs);
  }

  private async poll(): Promise<void> {
    try {
      const types = this.registry.all().map(({ type }) => type);
      // Polls that find nothing, which are almost all, need no transaction.
      if (await this.schedules.hasDue(types)) while (!this.stopped && (await this.enqueueDue(types)) === batchSize);
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.log.warn({ err: error }, 'Schedule poll failed; retrying');
      this.isFailing = true;
    }
  }

  /** Creates the jobs of due schedules whose type this build knows. Returns the number of schedules. */
  @Transactional()
  private async enqueueDue(types: readonly string[]): Promise<number> {
    const due = await this.schedules.lockDue(types, batchSize);
    for (const schedule of due) await this.enqueueOccurrence(schedule);
    return due.length;
  }

  private async enqueueOccurrence(schedule: DueSchedule): Promise<void> {
    const occurrences = this.occurrencesOf(schedule);
    if (occurrences === undefined) {
      await this.schedules.advance(schedule.id, new Date(schedule.now.getTime() + invalidRetryMs), false);
      return;
    }
    const { latest, next } = occurrences;
    const due = latest > schedule.nextRunAt ? latest : schedule.nextRunAt;
    await this.schedules.advance(schedule.id, next, await this.enqueue(schedule, due));
  }

  private occurrencesOf(schedule: DueSchedule): Occurrences | undefined {
    try {
      return occurrencesAround(schedule, schedule.now);
    } catch (error) {
      const { id: scheduleId, cron, timezone } = schedule;
      this.log.warn({ err: error, scheduleId, cron, timezone }, 'Invalid schedule; retrying in 1 h');
      return undefined;
    }
  }

  /**
   * Returns false when the occurrence has a job already, its owner lacks a second factor that a role requires, or its
   * type no longer accepts the payload.
   */
  private async enqueue({ id, type, payload, ownerId, owner }: DueSchedule, occurrence: Date): Promise<boolean> {
    if (await this.schedules.hasJob(id, occurrence)) return false;
    if (owner !== null && isMfaMissing(this.config, owner)) {
      this.log.warn({ scheduleId: id, type, occurrence }, 'Owner of a schedule lacks a second factor; no job created');
      return false;
    }
    try {
      await this.queue.enqueueByType(type, payload, {
        ownerId: ownerId ?? undefined,
        scheduledFor: { scheduleId: id, at: occurrence },
      });
      return true;
    } catch (error) {
      if (!(error instanceof InvalidPayload)) throw error;
      this.log.warn({ err: error, scheduleId: id, type, occurrence }, 'Invalid schedule payload; no job created');
      return false;
    }
  }
}
