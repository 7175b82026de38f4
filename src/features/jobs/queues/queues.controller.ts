import { Controller, Get, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../../platform/http/auth/access.decorators.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { QueueDto, QueueList } from './queue.ts';
import { QueuesService } from './queues.service.ts';

const NameParam = (): MethodDecorator =>
  ApiParam({
    name: 'name',
    description: 'Name of the queue.',
    schema: { type: 'string', minLength: 1, maxLength: 16, pattern: '^[a-z]+$', example: 'default' },
  });

@ApiTags('queues')
@Controller('queues')
export class QueuesController {
  constructor(private readonly queues: QueuesService) {}

  @Get()
  @RequirePermissions('jobs:write')
  @Returns(200, QueueList)
  @ApiOperation({
    operationId: 'listQueues',
    summary: 'List queues',
    description:
      'Returns the number of jobs in each state, and the throughput, of every queue. Finished jobs count for 24 hours.',
  })
  async list(): Promise<QueueList> {
    return { data: (await this.queues.list()).map(QueueDto.from) };
  }

  // Idempotent by itself, and it wakes workers, which a rollback does not undo.
  @Post(':name/pause')
  @RequirePermissions('jobs:write')
  @IgnoresIdempotencyKey()
  @Returns(200, QueueDto)
  @NameParam()
  @ApiOperation({
    operationId: 'pauseQueue',
    summary: 'Pause a queue',
    description: 'Stops new jobs from starting until the queue is resumed; running jobs continue. Idempotent.',
  })
  async pause(@Param('name') name: string): Promise<QueueDto> {
    return QueueDto.from(await this.queues.pause(name));
  }

  @Post(':name/resume')
  @RequirePermissions('jobs:write')
  @IgnoresIdempotencyKey()
  @Returns(200, QueueDto)
  @NameParam()
  @ApiOperation({
    operationId: 'resumeQueue',
    summary: 'Resume a queue',
    description: 'Starts its jobs again. Idempotent.',
  })
  async resume(@Param('name') name: string): Promise<QueueDto> {
    return QueueDto.from(await this.queues.resume(name));
  }
}
