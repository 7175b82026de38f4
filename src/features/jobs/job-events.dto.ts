import { ApiSchema } from '@nestjs/swagger';
import type { JobError, JobState } from '../../queue/job.ts';
import { OneOf } from '../../validation/choice-fields.ts';
import { AnyObject, Part, Whole } from '../../validation/fields.ts';
import { JobErrorDto, JobProgressDto } from './jobs.dto.ts';

const openStates = ['scheduled', 'queued', 'running'] as const satisfies readonly JobState[];
const finalStates = ['succeeded', 'dead', 'cancelled'] as const satisfies readonly JobState[];
const attempt = { min: 1, max: 1000, optional: true, example: 1 } as const;

@ApiSchema({ description: 'The state that a job has changed to, while it is not finished.' })
class JobStateChange {
  @OneOf(openStates, {
    name: 'OpenJobState',
    description: 'A state of a job that is not finished.',
    example: 'running',
  })
  readonly state!: (typeof openStates)[number];

  @Whole({ ...attempt, description: 'The attempt that has begun, or that has failed.' })
  readonly attempt?: number;

  @Part(JobErrorDto, { optional: true, description: 'Why the attempt failed; the job will be tried again.' })
  readonly error?: JobError;
}

@ApiSchema({ description: 'How a job ended. A retry can follow.' })
export class JobEnding {
  @OneOf(finalStates, {
    name: 'FinalJobState',
    description: 'A state of a job that is finished.',
    example: 'succeeded',
  })
  readonly state!: (typeof finalStates)[number];

  @Whole({ ...attempt, description: 'The attempt that has failed.' })
  readonly attempt?: number;

  @AnyObject({ optional: true, description: 'What came out, when it succeeded.', example: { rows: 2 } })
  readonly result?: object;

  @Part(JobErrorDto, { optional: true, nullable: true, description: 'Why the last attempt failed, if one did.' })
  readonly error?: JobError | null;
}

/** What an event of a stream carries, by its name. */
export const jobEventData = {
  state: { model: JobStateChange, description: 'The state of the job has changed.' },
  progress: { model: JobProgressDto, description: 'The job has come this far.' },
  done: { model: JobEnding, description: 'The job has ended, and with it the stream.' },
} as const;
