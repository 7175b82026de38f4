import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { ExpectedVersions } from '../../../platform/database/expected-versions.ts';
import type { KeysetRequest, Slice } from '../../../platform/database/keyset.ts';
import type { Total } from '../../../platform/database/totals.ts';
import type { CronTimes } from '../../../platform/queue/scheduling/cron.ts';
import { nextOccurrences, occurrencesAround } from '../../../platform/queue/scheduling/cron.ts';
import { JobRegistry } from '../../../platform/queue/job-registry.ts';
import type { ListedSchedule, Schedule } from '../../../platform/queue/scheduling/schedule.ts';
import { SchedulesRepository } from '../../../platform/queue/scheduling/schedules.repository.ts';
import { AuditService } from '../../audit/index.ts';
import type { RequiredAccess } from '../index.ts';
import { accessToCreate } from '../index.ts';
import type { CreateScheduleInput } from './schedule-validator.ts';
import { ScheduleValidator } from './schedule-validator.ts';
import { ScheduleChanged, ScheduleInvalid, ScheduleNotFound, BuiltInScheduleReadOnly } from './schedules.errors.ts';

/** How many occurrences a preview has. */
export const previewedOccurrences = 5;

/** Changes of a schedule; omitted members stay unchanged. */
export interface UpdateScheduleInput extends Partial<CronTimes> {
  readonly payload?: object;
  readonly paused?: boolean;
}

/** The id of a schedule, and the versions of If-Match. */
export interface ScheduleTarget {
  readonly id: string;
  readonly versions: ExpectedVersions;
}

/** Manages the schedules for which the scheduler creates jobs. */
@Injectable()
export class SchedulesService {
  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly registry: JobRegistry,
    private readonly validator: ScheduleValidator,
    private readonly audit: AuditService,
  ) {}

  /** Oldest first. */
  async list(request: KeysetRequest): Promise<Slice<ListedSchedule>> {
    return await this.schedules.list(request);
  }

  async count(): Promise<Total> {
    return await this.schedules.count();
  }

  /** @throws ScheduleNotFound */
  async get(id: string): Promise<Schedule> {
    const schedule = await this.schedules.findById(id);
    if (schedule === undefined) throw new ScheduleNotFound();
    return schedule;
  }

  /**
   * Returns the next occurrences that a schedule with these times would have.
   * @throws ScheduleInvalid
   */
  async preview(times: CronTimes): Promise<readonly Date[]> {
    const errors = await this.validator.violationsIn(times);
    if (errors.length > 0) throw new ScheduleInvalid(errors);
    return nextOccurrences(times, await this.schedules.now(), previewedOccurrences);
  }

  /**
   * Returns what this change requires: the same as creating such jobs when it changes the payload or resumes the
   * schedule, and nothing for other times.
   * @throws ScheduleNotFound
   */
  async accessToChange(id: string, change: UpdateScheduleInput): Promise<RequiredAccess> {
    const isNewWork = change.payload !== undefined || change.paused === false;
    if (!isNewWork) return { permissions: [], recentAuthentication: false };
    return accessToCreate(this.registry.find((await this.get(id)).type));
  }

  /**
   * Creates a schedule; the caller has checked the permission of the type of its jobs.
   * @throws ScheduleInvalid
   */
  async create(input: CreateScheduleInput, ownerId: string): Promise<Schedule> {
    const errors = await this.validator.violationsIn(input);
    if (errors.length > 0) throw new ScheduleInvalid(errors);
    return await this.store(input, ownerId);
  }

  /** @throws ScheduleNotFound, ScheduleChanged, BuiltInScheduleReadOnly, ScheduleInvalid */
  @Transactional()
  async update({ id, versions }: ScheduleTarget, change: UpdateScheduleInput, actorId: string): Promise<Schedule> {
    const before = await this.read(id, versions);
    if (change.payload !== undefined && before.name !== null) throw new BuiltInScheduleReadOnly();
    const changed = (['cron', 'paused', 'payload', 'timezone'] as const).filter((name) => change[name] !== undefined);
    if (changed.length === 0) return before;
    const next = {
      cron: change.cron ?? before.cron,
      timezone: change.timezone ?? before.timezone,
      payload: JSON.stringify(change.payload ?? before.payload),
      paused: change.paused ?? before.pausedAt !== null,
    };
    await this.assertValidChange(before, change, next);
    const nextRunAt = await this.nextRun(before, next);
    const isResumed = before.pausedAt !== null && !next.paused;
    // The caller takes responsibility for the jobs and gets their artifacts: the former owner may be deleted.
    const ownerId = isResumed && before.ownerId !== null ? actorId : before.ownerId;
    const after = await this.schedules.update(id, before.version, { ...next, nextRunAt, ownerId });
    if (after === undefined) throw new ScheduleChanged();
    await this.audit.record('schedule_updated', { reason: `schedule ${id} of ${after.type}: ${changed.join(', ')}` });
    return after;
  }

  /** @throws ScheduleNotFound, BuiltInScheduleReadOnly, ScheduleChanged */
  @Transactional()
  async delete({ id, versions }: ScheduleTarget): Promise<void> {
    const { type, name } = await this.read(id, versions);
    if (name !== null) throw new BuiltInScheduleReadOnly();
    if (!(await this.schedules.delete(id, versions))) throw new ScheduleChanged();
    await this.audit.record('schedule_deleted', { reason: `schedule ${id} of ${type}` });
  }

  /**
   * Pauses all schedules of a user who may no longer own any, in the caller's transaction: nothing runs in the name of
   * a deleted user. An administrator may resume them.
   */
  async pauseAllOf(ownerId: string): Promise<void> {
    const details = { subjectId: ownerId, reason: 'paused with its owner' };
    await this.audit.recordEach('schedule_updated', details, async (audit) => ({
      events: await this.schedules.pauseAllOf(ownerId, audit),
    }));
  }

  @Transactional()
  private async store({ type, payload, cron, timezone }: CreateScheduleInput, ownerId: string): Promise<Schedule> {
    const id = uuidv7();
    const { next: nextRunAt } = occurrencesAround({ cron, timezone }, await this.schedules.now());
    await this.schedules.insert({ id, type, payload: JSON.stringify(payload), cron, timezone, nextRunAt, ownerId });
    await this.audit.record('schedule_created', { reason: `schedule ${id} of ${type}` });
    return await this.get(id);
  }

  /** Validates what changes: an unchanged member that is invalid by now, as its type changed, stays as it is. */
  private async assertValidChange(
    { type }: Schedule,
    { cron, timezone, payload }: UpdateScheduleInput,
    next: CronTimes,
  ): Promise<void> {
    const changed = {
      ...(payload === undefined ? {} : { type, payload }),
      ...(cron === undefined && timezone === undefined ? {} : { cron: next.cron, timezone: next.timezone }),
    };
    const errors = await this.validator.violationsIn(changed, 'payload');
    if (errors.length > 0) throw new ScheduleInvalid(errors);
  }

  /** The next occurrence: unchanged with unchanged times, computed anew for other times and for a resumed schedule. */
  private async nextRun(before: Schedule, next: CronTimes & { paused: boolean }): Promise<Date | null> {
    const isRetimed = before.cron !== next.cron || before.timezone !== next.timezone;
    if (next.paused) return null;
    if (!isRetimed && before.nextRunAt !== null) return before.nextRunAt;
    return occurrencesAround(next, await this.schedules.now()).next;
  }

  /** Reads the schedule to be changed. With a version it takes no lock: the change itself checks the version. */
  private async read(id: string, versions: ExpectedVersions): Promise<Schedule> {
    const schedule = await (versions === 'any' ? this.schedules.lockById(id) : this.schedules.findById(id));
    if (schedule === undefined) throw new ScheduleNotFound();
    if (versions !== 'any' && !versions.includes(schedule.version)) throw new ScheduleChanged();
    return schedule;
  }
}
