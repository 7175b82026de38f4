import { ApiSchema } from '@nestjs/swagger';
import type { JobError, JobEvent, JobProgress, JobState } from '../../platform/queue/job.ts';
import { jobStates } from '../../platform/queue/job.ts';
import { EnumField } from '../../platform/validation/enum-fields.ts';
import { DateTimeField, IntegerField } from '../../platform/validation/fields.ts';
import { AnyObjectField, ObjectField } from '../../platform/validation/object-fields.ts';
import { JobErrorDto } from './job-error.ts';
import { JobProgressDto, jobStateChoice } from './job-response.ts';

const openStates = ['scheduled', 'queued', 'running'] as const satisfies readonly JobState[];
const finalStates = ['succeeded', 'dead', 'cancelled'] as const satisfies readonly JobState[];
const time = { description: 'When it happened.' } as const;
const attempt = { min: 1, max: 1000, optional: true, example: 1 } as const;

@ApiSchema({ description: 'A new state of a job that is not finished.' })
class JobStateChange {
  @DateTimeField(time)
  readonly at!: Date;

  @EnumField(openStates, {
    name: 'OpenJobState',
    description: 'A state of a job that is not finished.',
    example: 'running',
  })
  readonly state!: (typeof openStates)[number];

  @IntegerField({ ...attempt, description: 'The attempt that has started or failed.' })
  readonly attempt?: number;

  @ObjectField(JobErrorDto, { optional: true, description: 'Why the attempt failed; another attempt follows.' })
  readonly error?: JobError;
}

@ApiSchema({ description: 'New progress of a running job.' })
class JobProgressChange extends JobProgressDto {
  @DateTimeField(time)
  readonly at!: Date;
}

@ApiSchema({ description: 'The end of a job. A retry can follow.' })
export class JobEnding {
  @DateTimeField(time)
  readonly at!: Date;

  @EnumField(finalStates, {
    name: 'FinalJobState',
    description: 'A state of a job that is finished.',
    example: 'succeeded',
  })
  readonly state!: (typeof finalStates)[number];

  @IntegerField({ ...attempt, description: 'The attempt that has failed.' })
  readonly attempt?: number;

  @AnyObjectField({ optional: true, description: 'The result of a job that succeeded.', example: { rows: 2 } })
  readonly result?: object;

  @ObjectField(JobErrorDto, { optional: true, nullable: true, description: 'Why the last attempt failed, if one did.' })
  readonly error?: JobError | null;
}

/** The data of each event of a stream, by the event's name. */
export const jobEventData = {
  state: { model: JobStateChange, description: 'The state of the job has changed.' },
  progress: { model: JobProgressChange, description: 'The progress of the job has changed.' },
  done: { model: JobEnding, description: 'The job has ended, and with it the stream.' },
} as const;

const kinds = ['state', 'progress', 'done'] as const satisfies readonly JobEvent['kind'][];

/** An event of a subscription: GraphQL has no fields of the same name with different types in one union. */
@ApiSchema({ description: 'An event of a job, with the fields of its kind.' })
export class JobEventDto {
  @IntegerField({
    min: 1,
    max: 999_999_999,
    description: 'The number of the event in its job, for `after`.',
    example: 1,
  })
  readonly seq!: number;

  @EnumField(kinds, {
    name: 'JobEventKind',
    description: 'What has changed: the state, the progress, or the state for the last time.',
    example: 'progress',
  })
  readonly kind!: JobEvent['kind'];

  @DateTimeField(time)
  readonly at!: Date;

  @EnumField(jobStates, { ...jobStateChoice, optional: true, description: 'The new state.', example: 'running' })
  readonly state?: JobState;

  @IntegerField({ ...attempt, description: 'The attempt that has started or failed.' })
  readonly attempt?: number;

  @ObjectField(JobProgressDto, { optional: true, description: 'The new progress.' })
  readonly progress?: JobProgress;

  @AnyObjectField({ optional: true, description: 'The result of a job that succeeded.', example: { rows: 2 } })
  readonly result?: object;

  @ObjectField(JobErrorDto, { optional: true, nullable: true, description: 'Why the attempt failed, if it did.' })
  readonly error?: JobError | null;

  static from(this: void, { seq, kind, data }: JobEvent): JobEventDto {
    const members = data as Omit<JobEventDto, 'seq' | 'kind' | 'progress'>;
    return { seq, kind, ...members, ...(kind === 'progress' && { progress: data as JobProgress }) };
  }
}
