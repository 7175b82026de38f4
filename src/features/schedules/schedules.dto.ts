import { ApiSchema } from '@nestjs/swagger';
import { NumberedPageOf, NumberedPageQuery } from '../../http/pagination/numbered-page.dto.ts';
import type { Schedule } from '../../queue/schedule.ts';
import { AnyObject, Flag, Id, Moment, Text } from '../../validation/fields.ts';

const type = {
  min: 1,
  max: 64,
  description: 'Type of the jobs (GET /v1/job-types).',
  example: 'users.export',
} as const;
const cron = {
  min: 1,
  max: 128,
  description: 'Minute, hour, day of month, month, day of week.',
  example: '30 2 * * MON-FRI',
} as const;
const timezone = { min: 1, max: 64, description: 'Time zone of `cron` (IANA).', example: 'Europe/Berlin' } as const;
const payload = {
  description: "What each job is given; the type's schema says what that must be.",
  example: { format: 'csv' },
} as const;

@ApiSchema({
  description: 'A schedule, by the type of its jobs. A later release can have types that this document does not name.',
})
export class ScheduleDto {
  @Id({ description: 'Identifies the schedule for ever.' })
  readonly id!: string;

  @Text({ min: 1, max: 64, nullable: true, description: 'Null unless it ships with the service.', example: null })
  readonly name!: string | null;

  @Text(type)
  readonly type!: string;

  @AnyObject(payload)
  readonly payload!: unknown;

  @Text(cron)
  readonly cron!: string;

  @Text(timezone)
  readonly timezone!: string;

  @Flag({ description: 'Whether it makes no jobs for now.', example: false })
  readonly paused!: boolean;

  @Moment({ nullable: true, description: 'When it makes its next job; null while it is paused.' })
  readonly nextRunAt!: string | null;

  @Moment({ nullable: true, description: 'When it last made a job; null as long as it has not.' })
  readonly lastRunAt!: string | null;

  @Id({ nullable: true, description: 'Who made it, and owns its jobs; null when it ships with the service.' })
  readonly ownerId!: string | null;

  @Moment({ description: 'When it was made.' })
  readonly createdAt!: string;

  @Moment({ description: 'When somebody last changed it.' })
  readonly updatedAt!: string;

  static from(this: void, schedule: Schedule): ScheduleDto {
    return {
      id: schedule.id,
      name: schedule.name,
      type: schedule.type,
      payload: schedule.payload,
      cron: schedule.cron,
      timezone: schedule.timezone,
      paused: schedule.pausedAt !== null,
      nextRunAt: schedule.nextRunAt?.toISOString() ?? null,
      lastRunAt: schedule.lastRunAt?.toISOString() ?? null,
      ownerId: schedule.ownerId,
      createdAt: schedule.createdAt.toISOString(),
      updatedAt: schedule.updatedAt.toISOString(),
    };
  }
}

@ApiSchema({ description: 'A page of schedules.' })
export class SchedulePage extends NumberedPageOf(ScheduleDto) {}

/** Which page of schedules to list. */
export class ListSchedulesQuery extends NumberedPageQuery {}

@ApiSchema({ description: 'A schedule to create, by the type of its jobs.' })
export class CreateScheduleDto {
  @Text(type)
  readonly type!: string;

  @AnyObject(payload)
  readonly payload!: object;

  @Text(cron)
  readonly cron!: string;

  @Text(timezone)
  readonly timezone!: string;
}

@ApiSchema({ description: 'What to change of a schedule; absent members stay as they are.' })
export class UpdateScheduleDto {
  @Text({ ...cron, optional: true })
  readonly cron?: string;

  @Text({ ...timezone, optional: true })
  readonly timezone?: string;

  @AnyObject({ ...payload, optional: true })
  readonly payload?: object;

  @Flag({ optional: true, description: 'Whether it shall make no jobs for now.', example: true })
  readonly paused?: boolean;
}
