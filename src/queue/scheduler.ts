import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable, Logger } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { Ticks } from './cron.ts';
import { ticksAround } from './cron.ts';
import { JobRegistry } from './job-registry.ts';
import { Ledger } from './ledger.ts';
import { PayloadInvalid } from './queue-errors.ts';
import type { DueSchedule } from './schedule.ts';
import { SchedulesRepository } from './schedules.repository.ts';

const lookEveryMs = 500;
/** Schedules that fire in one transaction. */
const batchSize = 20;
/** A schedule whose times can't be read is looked at again. */
const unreadableMs = 60 * 60 * 1000;

/**
 * Makes jobs of the ticks of schedules, in every process at once: a schedule's lock lets one of them have a tick, and the
 * job commits together with the schedule's next tick. After a downtime one job stands for all ticks that were missed.
 */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Scheduler.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;

  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly registry: JobRegistry,
    private readonly ledger: Ledger,
  ) {}

  onApplicationBootstrap(): void {
    this.lookSoon();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private lookSoon(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.look().finally(() => {
        this.lookSoon();
      });
    }, lookEveryMs);
  }

  private async look(): Promise<void> {
    try {
      while (!this.stopped && (await this.fireDue()) === batchSize);
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.log.warn({ err: error }, 'The scheduler could not look for due schedules; it tries again');
      this.failing = true;
    }
  }

  /** Fires what is due. Types that this build does not know are left to a newer one. Returns how many were due. */
  @Transactional()
  private async fireDue(): Promise<number> {
    const types = this.registry.all().map(({ type }) => type);
    const due = await this.schedules.lockDue(types, batchSize);
    for (const schedule of due) await this.fire(schedule);
    return due.length;
  }

  private async fire(schedule: DueSchedule): Promise<void> {
    const ticks = this.ticksOf(schedule);
    if (ticks === undefined) {
      await this.schedules.advance(schedule.id, new Date(schedule.now.getTime() + unreadableMs), false);
      return;
    }
    const tick = ticks.latest > schedule.nextRunAt ? ticks.latest : schedule.nextRunAt;
    await this.schedules.advance(schedule.id, ticks.next, await this.enqueue(schedule, tick));
  }

  private ticksOf(schedule: DueSchedule): Ticks | undefined {
    try {
      return ticksAround(schedule, schedule.now);
    } catch (error) {
      const { id: scheduleId, cron, timezone } = schedule;
      this.log.warn({ err: error, scheduleId, cron, timezone }, 'A schedule can not be read; it rests for an hour');
      return undefined;
    }
  }

  /** Makes the job of a tick. False when it has one already, or when the payload is no longer what the type takes. */
  private async enqueue({ id, type, payload, ownerId }: DueSchedule, tick: Date): Promise<boolean> {
    if (await this.schedules.hasJob(id, tick)) return false;
    try {
      await this.ledger.enqueueByType(type, payload, {
        ownerId: ownerId ?? undefined,
        tick: { scheduleId: id, at: tick },
      });
      return true;
    } catch (error) {
      if (!(error instanceof PayloadInvalid)) throw error;
      this.log.warn(
        { err: error, scheduleId: id, type, tick },
        'The payload of a schedule is invalid; no job was made',
      );
      return false;
    }
  }
}
