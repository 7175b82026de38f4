import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { JobState, QueueName } from '../../queue/job.ts';
import { queueNameChoice, queueNames } from '../../queue/job.ts';
import { OneOf } from '../../validation/choice-fields.ts';
import { Flag, Part, Whole } from '../../validation/fields.ts';
import type { Queue } from './queues.service.ts';

const count = { min: 0, max: 2_147_483_647 } as const;

@ApiSchema({ description: 'How many jobs of a queue are in each state.' })
class QueueCountsDto implements Record<JobState, number> {
  @Whole({ ...count, description: 'Wait for their time.', example: 0 })
  readonly scheduled!: number;

  @Whole({ ...count, description: 'Wait for a worker, or for their next attempt.', example: 3 })
  readonly queued!: number;

  @Whole({ ...count, description: 'Are being worked on.', example: 1 })
  readonly running!: number;

  @Whole({ ...count, description: 'Succeeded in the last 24 hours.', example: 1200 })
  readonly succeeded!: number;

  @Whole({ ...count, description: 'Used up their attempts in the last 24 hours.', example: 0 })
  readonly dead!: number;

  @Whole({ ...count, description: 'Were cancelled in the last 24 hours.', example: 0 })
  readonly cancelled!: number;
}

@ApiSchema({ description: 'A queue of jobs.' })
export class QueueDto {
  @OneOf(queueNames, { ...queueNameChoice, description: 'Names the queue.', example: 'default' })
  readonly name!: QueueName;

  @Flag({ description: 'Whether its jobs wait until it is resumed.', example: false })
  readonly paused!: boolean;

  @Part(QueueCountsDto, { description: 'Jobs by state.' })
  readonly counts!: Readonly<Record<JobState, number>>;

  @Flag({
    description: 'Whether all jobs were counted. Of more than 100,000 of a kind only those that come first are.',
    example: true,
  })
  readonly countsAreExact!: boolean;

  @Whole({ ...count, nullable: true, description: 'How long the oldest job has waited since it was due.', example: 2 })
  readonly oldestQueuedSeconds!: number | null;

  @Whole({ ...count, description: 'Jobs that ended in the last minute, however they did.', example: 40 })
  readonly finishedLastMinute!: number;

  static from(this: void, queue: Queue): QueueDto {
    const { name, paused, counts, countsAreExact, oldestQueuedSeconds, finishedLastMinute } = queue;
    return { name, paused, counts, countsAreExact, oldestQueuedSeconds, finishedLastMinute };
  }
}

@ApiSchema({ description: 'All queues.' })
export class QueueList {
  @ApiProperty({ type: [QueueDto], maxItems: 16, description: 'Every queue there is.' })
  readonly data!: readonly QueueDto[];
}
