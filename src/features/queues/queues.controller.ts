import { Controller, Get, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { RequirePermissions } from '../../http/auth/access.decorators.ts';
import { IgnoresIdempotencyKey } from '../../http/idempotency/idempotency.decorators.ts';
import { Returns } from '../../http/openapi/operation.decorators.ts';
import { QueueDto, QueueList } from './queues.dto.ts';
import { QueuesService } from './queues.service.ts';

const NameParam = (): MethodDecorator =>
  ApiParam({
    name: 'name',
    description: 'The queue.',
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
    description: 'What each queue holds and how fast it moves. Finished jobs are counted for 24 hours.',
  })
  async list(): Promise<QueueList> {
    return { data: (await this.queues.list()).map(QueueDto.from) };
  }

  // Repeating it changes nothing, and it tells the queue's store, which no rollback reaches.
  @Post(':name/pause')
  @RequirePermissions('jobs:write')
  @IgnoresIdempotencyKey()
  @Returns(200, QueueDto)
  @NameParam()
  @ApiOperation({
    operationId: 'pauseQueue',
    summary: 'Pause a queue',
    description: 'No job of it starts until it is resumed; those that run go on. Repeating it changes nothing.',
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
    description: 'Its jobs start again. Repeating it changes nothing.',
  })
  async resume(@Param('name') name: string): Promise<QueueDto> {
    return QueueDto.from(await this.queues.resume(name));
  }
}
