import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { ExpectedVersions } from '../../database/expected-versions.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import type { Total } from '../../database/totals.ts';
import type { CronTimes } from '../../queue/cron.ts';
import { cronMistakes, ticksAround } from '../../queue/cron.ts';
import { anyUser, internal } from '../../queue/job-handler.ts';
import { JobRegistry } from '../../queue/job-registry.ts';
import { askedPayload } from '../../queue/payload.ts';
import type { ListedSchedule, Schedule } from '../../queue/schedule.ts';
import { SchedulesRepository } from '../../queue/schedules.repository.ts';
import type { LocatedError } from '../../validation/located-errors.ts';
import { AuditService } from '../audit/audit.service.ts';
import { ScheduleChanged, ScheduleInvalid, ScheduleNotFound, ScheduleShipped } from './schedules.errors.ts';

/** A schedule as somebody wants it. */
export interface ScheduleWish extends CronTimes {
  readonly type: string;
  readonly payload: object;
}

/** What shall be different; absent members stay as they are. */
export interface ScheduleChange extends Partial<CronTimes> {
  readonly payload?: object;
  readonly paused?: boolean;
}

/** A schedule in the states that the caller means. */
export interface ScheduleTarget {
  readonly id: string;
  readonly versions: ExpectedVersions;
}

/** Sets up what the scheduler makes jobs of. */
@Injectable()
export class SchedulesService {
  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly registry: JobRegistry,
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

  /** What somebody needs who has jobs of this type made. */
  permissionsFor(type: string): readonly string[] {
    const permission = this.registry.find(type)?.permission;
    // What nobody may ask for is refused as if it were unknown.
    return permission === undefined || permission === anyUser || permission === internal ? [] : [permission];
  }

  /**
   * What somebody needs who makes this change: new times are no new job, a new payload is one, and so are jobs that were
   * not made any more.
   * @throws ScheduleNotFound
   */
  async permissionsToChange(id: string, change: ScheduleChange): Promise<readonly string[]> {
    const isNewWork = change.payload !== undefined || change.paused === false;
    return isNewWork ? this.permissionsFor((await this.get(id)).type) : [];
  }

  /** @throws ScheduleInvalid */
  async create(wish: ScheduleWish, ownerId: string): Promise<Schedule> {
    const mistakes = [...(await this.mistakesIn(wish.payload, wish.type, 'type')), ...mistakesIn(wish)];
    if (mistakes.length > 0) throw new ScheduleInvalid(mistakes);
    return await this.store(wish, ownerId);
  }

  /** @throws ScheduleNotFound, ScheduleInvalid, ScheduleShipped, ScheduleChanged */
  async update(target: ScheduleTarget, change: ScheduleChange, actorId: string): Promise<Schedule> {
    const { type, name, cron, timezone } = await this.read(target.id, target.versions);
    if (change.payload !== undefined && name !== null) throw new ScheduleShipped();
    const isRetimed = change.cron !== undefined || change.timezone !== undefined;
    const mistakes = [
      ...(change.payload === undefined ? [] : await this.mistakesIn(change.payload, type, 'payload')),
      ...(isRetimed ? mistakesIn({ cron: change.cron ?? cron, timezone: change.timezone ?? timezone }) : []),
    ];
    if (mistakes.length > 0) throw new ScheduleInvalid(mistakes);
    return await this.apply(target, change, actorId);
  }

  /** @throws ScheduleNotFound, ScheduleShipped, ScheduleChanged */
  @Transactional()
  async remove({ id, versions }: ScheduleTarget): Promise<void> {
    const { type, name } = await this.read(id, versions);
    if (name !== null) throw new ScheduleShipped();
    if (!(await this.schedules.delete(id, versions))) throw new ScheduleChanged();
    await this.audit.record('schedule_deleted', { reason: `schedule ${id} of ${type}` });
  }

  /**
   * Pauses, in the caller's transaction, what a user has set up who may no longer do so: nothing goes on in the name of
   * somebody who is gone. Who may resumes it.
   */
  async pauseAllOf(ownerId: string): Promise<void> {
    const details = { subjectId: ownerId, reason: 'paused with its owner' };
    await this.audit.recordEach('schedule_updated', details, async (audit) => ({
      events: await this.schedules.pauseAllOf(ownerId, audit),
    }));
  }

  @Transactional()
  private async store({ type, payload, cron, timezone }: ScheduleWish, ownerId: string): Promise<Schedule> {
    const id = uuidv7();
    const { next: nextRunAt } = ticksAround({ cron, timezone }, await this.schedules.now());
    await this.schedules.insert({ id, type, payload: JSON.stringify(payload), cron, timezone, nextRunAt, ownerId });
    await this.audit.record('schedule_created', { reason: `schedule ${id} of ${type}` });
    return await this.get(id);
  }

  @Transactional()
  private async apply({ id, versions }: ScheduleTarget, change: ScheduleChange, actorId: string): Promise<Schedule> {
    const before = await this.read(id, versions);
    const changed = (['cron', 'paused', 'payload', 'timezone'] as const).filter((name) => change[name] !== undefined);
    if (changed.length === 0) return before;
    const wanted = {
      cron: change.cron ?? before.cron,
      timezone: change.timezone ?? before.timezone,
      payload: JSON.stringify(change.payload ?? before.payload),
      paused: change.paused ?? before.pausedAt !== null,
    };
    const nextRunAt = await this.nextRun(before, wanted);
    const isResumed = before.pausedAt !== null && !wanted.paused;
    // Who lets it go on answers for it, and gets what its jobs make: its owner may be gone.
    const ownerId = isResumed && before.ownerId !== null ? actorId : before.ownerId;
    const after = await this.schedules.update(id, before.version, { ...wanted, nextRunAt, ownerId });
    if (after === undefined) throw new ScheduleChanged();
    await this.audit.record('schedule_updated', { reason: `schedule ${id} of ${after.type}: ${changed.join(', ')}` });
    return after;
  }

  /** Times that stay as they are keep their next tick; others, and those of a schedule that goes on, begin anew. */
  private async nextRun(before: Schedule, wanted: CronTimes & { paused: boolean }): Promise<Date | null> {
    const isRetimed = before.cron !== wanted.cron || before.timezone !== wanted.timezone;
    const mistakes = isRetimed ? mistakesIn(wanted) : [];
    if (mistakes.length > 0) throw new ScheduleInvalid(mistakes);
    if (wanted.paused) return null;
    if (!isRetimed && before.nextRunAt !== null) return before.nextRunAt;
    return ticksAround(wanted, await this.schedules.now()).next;
  }

  /** What is about to change. Whoever names a version waits for nobody: the change itself finds out whether it is current. */
  private async read(id: string, versions: ExpectedVersions): Promise<Schedule> {
    const schedule = await (versions === 'any' ? this.schedules.lockById(id) : this.schedules.findById(id));
    if (schedule === undefined) throw new ScheduleNotFound();
    if (versions !== 'any' && !versions.includes(schedule.version)) throw new ScheduleChanged();
    return schedule;
  }

  /** What is wrong with a payload; `blamed` is the member that is wrong when nobody may ask for jobs of this type. */
  private async mistakesIn(payload: object, typeName: string, blamed: string): Promise<readonly LocatedError[]> {
    const unknown = { path: [blamed], code: 'unknown_job_type', detail: 'is for no type of job that can be asked for' };
    return (await askedPayload(this.registry.find(typeName), payload, unknown)).mistakes;
  }
}

function mistakesIn(times: CronTimes): LocatedError[] {
  return cronMistakes(times).map(({ member, code, detail }) => ({ path: [member], code, detail }));
}
