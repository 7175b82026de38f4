import { ApiSchema } from '@nestjs/swagger';
import { NumberedPageOf, NumberedPageQuery } from '../../../platform/http/pagination/numbered-page.dto.ts';
import type { Schedule } from '../../../platform/queue/scheduling/schedule.ts';
import { AlsoValidatedBy } from '../../../platform/validation/body-validator.ts';
import { BooleanField, UuidField, DateTimeField, StringField } from '../../../platform/validation/fields.ts';
import { ObjectArrayField } from '../../../platform/validation/list-fields.ts';
import { AnyObjectField } from '../../../platform/validation/object-fields.ts';
import { isoTime, optionalIsoTime } from '../../../platform/serialization/iso-time.ts';
import { ScheduleValidator } from './schedule-validator.ts';
import { previewedOccurrences } from './schedules.service.ts';

const type = {
  min: 1,
  max: 64,
  description: 'Type of the jobs (GET /v1/job-types).',
  example: 'users.export',
} as const;
const cron = {
  min: 1,
  max: 128,
  description: 'Cron expression: minute, hour, day of month, month, day of week.',
  example: '30 2 * * MON-FRI',
} as const;
const timezone = { min: 1, max: 64, description: 'Time zone of `cron` (IANA).', example: 'Europe/Berlin' } as const;
const payload = {
  description: 'Payload of each job, by the schema of its type.',
  example: { format: 'csv' },
} as const;

@ApiSchema({
  description: 'A schedule, by the type of its jobs. A later release can have types that this document does not name.',
})
export class ScheduleDto {
  @UuidField({ description: 'Identifies the schedule.' })
  readonly id!: string;

  @StringField({
    min: 1,
    max: 64,
    nullable: true,
    description: 'Name of a built-in schedule; null for others.',
    example: null,
  })
  readonly name!: string | null;

  @StringField(type)
  readonly type!: string;

  @AnyObjectField(payload)
  readonly payload!: unknown;

  @StringField(cron)
  readonly cron!: string;

  @StringField(timezone)
  readonly timezone!: string;

  @BooleanField({ description: 'Whether the schedule is paused.', example: false })
  readonly paused!: boolean;

  @DateTimeField({ nullable: true, description: 'Time of the next occurrence; null while the schedule is paused.' })
  readonly nextRunAt!: string | null;

  @DateTimeField({ nullable: true, description: 'Time at which it last created a job; null before the first.' })
  readonly lastRunAt!: string | null;

  @UuidField({ nullable: true, description: 'Owner of the schedule and of its jobs; null for a built-in one.' })
  readonly ownerId!: string | null;

  @DateTimeField({ description: 'Creation time.' })
  readonly createdAt!: string;

  @DateTimeField({ description: 'Time of the last update.' })
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
      nextRunAt: optionalIsoTime(schedule.nextRunAt),
      lastRunAt: optionalIsoTime(schedule.lastRunAt),
      ownerId: schedule.ownerId,
      createdAt: isoTime(schedule.createdAt),
      updatedAt: isoTime(schedule.updatedAt),
    };
  }
}

@ApiSchema({ description: 'A page of schedules.' })
export class SchedulePage extends NumberedPageOf(ScheduleDto) {}

/** Page of the list of schedules. */
export class ListSchedulesQuery extends NumberedPageQuery {}

@ApiSchema({ description: 'A schedule to create, by the type of its jobs.' })
@AlsoValidatedBy(ScheduleValidator)
export class CreateScheduleDto {
  @StringField(type)
  readonly type!: string;

  @AnyObjectField(payload)
  readonly payload!: object;

  @StringField(cron)
  readonly cron!: string;

  @StringField(timezone)
  readonly timezone!: string;
}

@ApiSchema({ description: 'Changes of a schedule. Omitted fields are left unchanged.' })
@AlsoValidatedBy(ScheduleValidator)
export class UpdateScheduleDto {
  @StringField({ ...cron, optional: true })
  readonly cron?: string;

  @StringField({ ...timezone, optional: true })
  readonly timezone?: string;

  @AnyObjectField({ ...payload, optional: true })
  readonly payload?: object;

  @BooleanField({ optional: true, description: 'Whether the schedule is paused.', example: true })
  readonly paused?: boolean;
}

@ApiSchema({ description: 'The times of a schedule that need not exist.' })
@AlsoValidatedBy(ScheduleValidator)
export class PreviewScheduleDto {
  @StringField(cron)
  readonly cron!: string;

  @StringField(timezone)
  readonly timezone!: string;
}

@ApiSchema({ description: 'A moment at which a schedule creates a job.' })
class OccurrenceDto {
  @DateTimeField({ description: 'Time of the occurrence.' })
  readonly at!: string;
}

@ApiSchema({ description: 'When a schedule with these times would create jobs.' })
export class SchedulePreviewDto {
  @ObjectArrayField(OccurrenceDto, {
    max: previewedOccurrences,
    description: 'The next five occurrences, the earliest first.',
  })
  readonly occurrences!: readonly OccurrenceDto[];

  static from(occurrences: readonly Date[]): SchedulePreviewDto {
    return { occurrences: occurrences.map((at) => ({ at: isoTime(at) })) };
  }
}
