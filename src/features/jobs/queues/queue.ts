import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { JobState, QueueName } from '../../../platform/queue/job.ts';
import { queueNameChoice, queueNames } from '../../../platform/queue/job.ts';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import { BooleanField, IntegerField } from '../../../platform/validation/fields.ts';
import { ObjectField } from '../../../platform/validation/object-fields.ts';
import type { Queue } from './queues.service.ts';

const count = { min: 0, max: 2_147_483_647 } as const;

@ApiSchema({ description: 'Number of jobs in each state.' })
class QueueCountsDto implements Record<JobState, number> {
  @IntegerField({ ...count, description: 'Jobs that wait for their `runAt`.', example: 0 })
  readonly scheduled!: number;

  @IntegerField({ ...count, description: 'Jobs that wait for a worker or for their next attempt.', example: 3 })
  readonly queued!: number;

  @IntegerField({ ...count, description: 'Jobs that a worker executes.', example: 1 })
  readonly running!: number;

  @IntegerField({ ...count, description: 'Jobs that succeeded in the last 24 hours.', example: 1200 })
  readonly succeeded!: number;

  @IntegerField({ ...count, description: 'Jobs that became dead in the last 24 hours.', example: 0 })
  readonly dead!: number;

  @IntegerField({ ...count, description: 'Jobs that were cancelled in the last 24 hours.', example: 0 })
  readonly cancelled!: number;
}

@ApiSchema({ description: 'A queue of jobs.' })
export class QueueDto {
  @EnumField(queueNames, { ...queueNameChoice, description: 'Name of the queue.', example: 'default' })
  readonly name!: QueueName;

  @BooleanField({ description: 'Whether the queue is paused.', example: false })
  readonly paused!: boolean;

  @ObjectField(QueueCountsDto, { description: 'Number of jobs by state.' })
  readonly counts!: Readonly<Record<JobState, number>>;

  @BooleanField({
    description: 'Whether the counts are exact. Counting stops at 100,000 jobs of a kind.',
    example: true,
  })
  readonly countsAreExact!: boolean;

  @IntegerField({
    ...count,
    nullable: true,
    description: 'Seconds since the oldest waiting job was due; null when none waits.',
    example: 2,
  })
  readonly oldestQueuedSeconds!: number | null;

  @IntegerField({ ...count, description: 'Jobs that finished in the last minute, in any final state.', example: 40 })
  readonly finishedLastMinute!: number;

  static from(this: void, queue: Queue): QueueDto {
    const { name, paused, counts, countsAreExact, oldestQueuedSeconds, finishedLastMinute } = queue;
    return { name, paused, counts, countsAreExact, oldestQueuedSeconds, finishedLastMinute };
  }
}

@ApiSchema({ description: 'All queues.' })
export class QueueList {
  @ApiProperty({ type: [QueueDto], maxItems: 16, description: 'All queues.' })
  readonly data!: readonly QueueDto[];
}
