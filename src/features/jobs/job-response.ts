import { ApiSchema } from '@nestjs/swagger';
import type { Job, JobError, JobProgress, JobState, QueueName } from '../../platform/queue/job.ts';
import { jobStates, queueNameChoice, queueNames } from '../../platform/queue/job.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { DateTimeField, IntegerField, StringField, UuidField } from '../../platform/validation/fields.ts';
import { AnyObjectField, ObjectField } from '../../platform/validation/object-fields.ts';
import { isoTime, optionalIsoTime } from '../../platform/serialization/iso-time.ts';
import { JobErrorDto } from './job-error.ts';

/** The fields that requests and responses share. */
export const jobTypeField = { min: 1, max: 64, example: 'users.export' } as const;
export const jobPriorityField = { min: -100, max: 100, example: 0 } as const;
export const jobStateChoice = { name: 'JobState', about: 'The state of a job.' } as const;
const attempts = { min: 0, max: 1000 } as const;

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

  @StringField({ ...jobTypeField, description: 'Type of the job.' })
  readonly type!: string;

  @EnumField(jobStates, { ...jobStateChoice, description: 'State of the job.', example: 'succeeded' })
  readonly state!: JobState;

  @EnumField(queueNames, { ...queueNameChoice, description: 'Queue of the job.', example: 'heavy' })
  readonly queue!: QueueName;

  @IntegerField({ ...jobPriorityField, description: 'A lower number runs sooner, within one queue.' })
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
