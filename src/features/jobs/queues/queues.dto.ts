import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { QueueDto } from './queue.ts';

@ApiSchema({ description: 'All queues.' })
export class QueueList {
  @ApiProperty({ type: [QueueDto], maxItems: 16, description: 'All queues.' })
  readonly data!: readonly QueueDto[];
}
