import { ApiSchema } from '@nestjs/swagger';
import { PageOf, PageQuery } from '../../http/pagination/page.dto.ts';
import type { Job, JobError, JobProgress, JobState, QueueName } from '../../queue/job.ts';
import { jobStates, queueNameChoice, queueNames } from '../../queue/job.ts';
import { OneOf } from '../../validation/choice-fields.ts';
import { AnyObject, Id, Moment, Part, Text, Whole } from '../../validation/fields.ts';

const type = { min: 1, max: 64, example: 'users.export' } as const;
const priority = { min: -100, max: 100, example: 0 } as const;
const jobState = { name: 'JobState', about: 'Where a job is in its life.' } as const;
const attempts = { min: 0, max: 1000 } as const;

@ApiSchema({ description: 'A job to create, by its type.' })
export class CreateJobDto {
  @Text({ ...type, description: 'What kind of work (GET /v1/job-types).' })
  readonly type!: string;

  @AnyObject({
    description: "What the work is about; the type's schema says what that must be. At most 64 KiB as JSON.",
    example: { format: 'csv' },
  })
  readonly payload!: object;

  @Moment({ optional: true, description: 'Not before this; at most a year ahead. At once when absent.' })
  readonly runAt?: string;

  @Whole({ ...priority, default: 0, description: 'Lower is sooner, within one queue.' })
  readonly priority!: number;
}

@ApiSchema({ description: 'How far a job has come.' })
export class JobProgressDto implements JobProgress {
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'What is done.', example: 1200 })
  readonly done!: number;

  @Whole({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    nullable: true,
    description: 'What there is to do; null while nobody knows.',
    example: 5000,
  })
  readonly total!: number | null;
}

@ApiSchema({ description: 'Why the latest attempt of a job failed.' })
export class JobErrorDto implements JobError {
  @Text({ max: 256, description: 'What kind of failure.', example: 'Error' })
  readonly name!: string;

  @Text({ max: 1024, description: 'The failure in words.', example: 'The mail server does not answer.' })
  readonly message!: string;
}

@ApiSchema({ description: 'A job, by its type. A later release can have types that this document does not name.' })
export class JobDto {
  @Id({ description: 'Identifies the job for ever.' })
  readonly id!: string;

  @Text({ ...type, description: 'What kind of work.' })
  readonly type!: string;

  @OneOf(jobStates, { ...jobState, description: 'Where it is in its life.', example: 'succeeded' })
  readonly state!: JobState;

  @OneOf(queueNames, { ...queueNameChoice, description: 'The queue it waits in.', example: 'heavy' })
  readonly queue!: QueueName;

  @Whole({ ...priority, description: 'Lower is sooner, within one queue.' })
  readonly priority!: number;

  @Id({ nullable: true, description: 'Who asked for it; null when the service itself did.' })
  readonly ownerId!: string | null;

  @Whole({ ...attempts, description: 'Attempts that were begun.', example: 1 })
  readonly attempts!: number;

  @Whole({ ...attempts, description: 'Attempts after which it is dead.', example: 5 })
  readonly maxAttempts!: number;

  @Part(JobProgressDto, { nullable: true, description: 'How far it has come, if its work tells.' })
  readonly progress!: JobProgress | null;

  @AnyObject({ nullable: true, description: "What came out; the type's schema describes it.", example: { rows: 2 } })
  readonly result!: object | null;

  @Part(JobErrorDto, { nullable: true, description: 'Why its latest attempt failed.', example: null })
  readonly error!: JobError | null;

  @Moment({ description: 'When it shall run, or should have.' })
  readonly runAt!: string;

  @Moment({ description: 'When it was asked for.' })
  readonly createdAt!: string;

  @Moment({ nullable: true, description: 'When its first attempt began.' })
  readonly startedAt!: string | null;

  @Moment({ nullable: true, description: 'When it succeeded, died or was cancelled.' })
  readonly finishedAt!: string | null;

  static from(this: void, job: Job): JobDto {
    const { id, type: name, state, queue, ownerId, attempts: begun, maxAttempts, progress, error } = job;
    return {
      ...{ id, type: name, state, queue, priority: job.priority, ownerId, attempts: begun, maxAttempts, progress },
      result: job.result ?? null,
      error,
      runAt: job.runAt.toISOString(),
      createdAt: job.createdAt.toISOString(),
      startedAt: job.startedAt?.toISOString() ?? null,
      finishedAt: job.finishedAt?.toISOString() ?? null,
    };
  }
}

@ApiSchema({ description: 'A page of jobs.' })
export class JobPage extends PageOf(JobDto) {}

/** The orders that a list of jobs comes in; a minus is descending. */
const jobSorts = ['createdAt', '-createdAt'] as const;

/** Which jobs to list, and how. */
export class ListJobsQuery extends PageQuery {
  @OneOf(jobSorts, {
    name: 'JobSort',
    about: 'Orders of a list of jobs; a minus is descending.',
    default: '-createdAt',
    description: 'Order of the list.',
  })
  readonly sort!: (typeof jobSorts)[number];

  @Text({ ...type, optional: true, description: 'Only jobs of this type.' })
  readonly type?: string;

  @OneOf(jobStates, { ...jobState, optional: true, description: 'Only jobs in this state.' })
  readonly state?: JobState;

  @Id({ optional: true, description: "Only this user's jobs; others than one's own need `jobs:read`." })
  readonly owner?: string;

  @Moment({ optional: true, description: 'Only jobs asked for later than this.' })
  readonly createdAfter?: string;

  @Moment({ optional: true, description: 'Only jobs asked for earlier than this.' })
  readonly createdBefore?: string;
}
