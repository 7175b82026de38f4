import { ApiSchema } from '@nestjs/swagger';
import { PageOf, PageQuery } from '../../platform/http/pagination/page.dto.ts';
import type { Job, JobError, JobProgress, JobState, QueueName } from '../../platform/queue/job.ts';
import { jobStates, queueNameChoice, queueNames } from '../../platform/queue/job.ts';
import { AlsoValidatedBy } from '../../platform/validation/body-validator.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { UuidField, DateTimeField, StringField, IntegerField } from '../../platform/validation/fields.ts';
import { AnyObjectField, ObjectField } from '../../platform/validation/object-fields.ts';
import { isoTime, optionalIsoTime } from '../../platform/serialization/iso-time.ts';
import { JobErrorDto } from './job-error.ts';
import { JobValidator } from './job-validator.ts';

const type = { min: 1, max: 64, example: 'users.export' } as const;
const priority = { min: -100, max: 100, example: 0 } as const;
const jobState = { name: 'JobState', about: 'The state of a job.' } as const;
const attempts = { min: 0, max: 1000 } as const;

@ApiSchema({ description: 'A job to create, by its type.' })
@AlsoValidatedBy(JobValidator)
export class CreateJobDto {
  @StringField({ ...type, description: 'Type of the job (GET /v1/job-types).' })
  readonly type!: string;

  @AnyObjectField({
    description: 'Input of the job, by the schema of its type. At most 64 KiB as JSON.',
    example: { format: 'csv' },
  })
  readonly payload!: object;

  @DateTimeField({ optional: true, description: 'Earliest start, at most a year ahead; now when omitted.' })
  readonly runAt?: string;

  @IntegerField({ ...priority, default: 0, description: 'A lower number runs sooner, within one queue.' })
  readonly priority!: number;
}

@ApiSchema({ description: 'Progress of a job.' })
export class JobProgressDto implements JobProgress {
  @IntegerField({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Completed amount of work.', example: 1200 })
  readonly done!: number;

  @IntegerField({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    nullable: true,
    description: 'Total amount of work; null if unknown.',
    example: 5000,
  })
  readonly total!: number | null;
}

@ApiSchema({ description: 'A job, by its type. A later release can have types that this document does not name.' })
export class JobDto {
  @UuidField({ description: 'Identifies the job.' })
  readonly id!: string;

  @StringField({ ...type, description: 'Type of the job.' })
  readonly type!: string;

  @EnumField(jobStates, { ...jobState, description: 'State of the job.', example: 'succeeded' })
  readonly state!: JobState;

  @EnumField(queueNames, { ...queueNameChoice, description: 'Queue of the job.', example: 'heavy' })
  readonly queue!: QueueName;

  @IntegerField({ ...priority, description: 'A lower number runs sooner, within one queue.' })
  readonly priority!: number;

  @UuidField({ nullable: true, description: 'The owner; null for system jobs.' })
  readonly ownerId!: string | null;

  @IntegerField({ ...attempts, description: 'Number of attempts started.', example: 1 })
  readonly attempts!: number;

  @IntegerField({ ...attempts, description: 'Attempts until the job is dead.', example: 5 })
  readonly maxAttempts!: number;

  @ObjectField(JobProgressDto, { nullable: true, description: 'Progress, if the job reports it.' })
  readonly progress!: JobProgress | null;

  @AnyObjectField({
    nullable: true,
    description: 'Result of a job that succeeded, by the schema of its type.',
    example: { rows: 2 },
  })
  readonly result!: object | null;

  @ObjectField(JobErrorDto, { nullable: true, description: 'Why the latest attempt failed.', example: null })
  readonly error!: JobError | null;

  @DateTimeField({ description: 'Time from which the job may run.' })
  readonly runAt!: string;

  @DateTimeField({ description: 'Creation time.' })
  readonly createdAt!: string;

  @DateTimeField({ nullable: true, description: 'Start of the first attempt.' })
  readonly startedAt!: string | null;

  @DateTimeField({ nullable: true, description: 'Time at which the job succeeded, became dead or was cancelled.' })
  readonly finishedAt!: string | null;

  static from(this: void, job: Job): JobDto {
    const { id, type: name, state, queue, ownerId, attempts: started, maxAttempts, progress, error } = job;
    return {
      ...{ id, type: name, state, queue, priority: job.priority, ownerId, attempts: started, maxAttempts, progress },
      result: job.result ?? null,
      error,
      runAt: isoTime(job.runAt),
      createdAt: isoTime(job.createdAt),
      startedAt: optionalIsoTime(job.startedAt),
      finishedAt: optionalIsoTime(job.finishedAt),
    };
  }
}

@ApiSchema({ description: 'A page of jobs.' })
export class JobPage extends PageOf(JobDto) {}

/** Sort orders of the list of jobs; a minus is descending. */
const jobSorts = ['createdAt', '-createdAt'] as const;

/** Filters, sort order and page of the list of jobs. */
export class ListJobsQuery extends PageQuery {
  @EnumField(jobSorts, {
    name: 'JobSort',
    about: 'Sort orders of the list of jobs; a minus is descending.',
    default: '-createdAt',
    description: 'Sort order.',
  })
  readonly sort!: (typeof jobSorts)[number];

  @StringField({ ...type, optional: true, description: 'Only jobs of this type.' })
  readonly type?: string;

  @EnumField(jobStates, { ...jobState, optional: true, description: 'Only jobs in this state.' })
  readonly state?: JobState;

  @UuidField({ optional: true, description: "Only this user's jobs; another user's require `jobs:read`." })
  readonly owner?: string;

  @DateTimeField({ optional: true, description: 'Only jobs created after this time.' })
  readonly createdAfter?: string;

  @DateTimeField({ optional: true, description: 'Only jobs created before this time.' })
  readonly createdBefore?: string;
}
