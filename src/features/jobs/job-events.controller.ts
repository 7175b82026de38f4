import { Controller, Get, Headers, Param, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { OperationContext } from '../../platform/http/openapi/operation-context.decorators.ts';
import { Context } from '../../platform/http/openapi/operation-context.decorators.ts';
import { IdParam } from '../../platform/http/openapi/id-param.decorator.ts';
import { ReadsHeader } from '../../platform/http/server/request-header.ts';
import { EventStreams } from '../../platform/http/streaming/event-streams.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import { JobEventFeed } from './job-event-feed.ts';
import { JobsService } from './jobs.service.ts';

const example = [
  'retry: 1000\n\n',
  'id: 1\nevent: state\ndata: {"at":"2026-01-01T12:00:00.000Z","state":"queued"}\n\n',
  'id: 2\nevent: state\ndata: {"at":"2026-01-01T12:00:00.012Z","state":"running","attempt":1}\n\n',
  'id: 3\nevent: progress\ndata: {"at":"2026-01-01T12:00:01.500Z","done":1200,"total":5000}\n\n',
  'id: 4\nevent: done\ndata: {"at":"2026-01-01T12:00:04.210Z","state":"succeeded","result":{"rows":5000}}\n\n',
].join('');

@ApiTags('jobs')
@Controller('jobs')
export class JobEventsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly feed: JobEventFeed,
    private readonly streams: EventStreams,
  ) {}

  @Get(':id/events')
  @ApiResponse({
    status: 200,
    description:
      'Server-Sent Events, from the first event, or the event after `Last-Event-ID`, until the job is finished.',
    // jobs.document.ts adds the schema.
    content: { 'text/event-stream': { example } },
  })
  @IdParam('the job')
  @ReadsHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The id of the last event that was received. Any other value starts at the first event.',
    maxLength: 64,
    example: '3',
  })
  @ApiOperation({
    operationId: 'streamJobEvents',
    summary: 'Stream job events',
    description:
      'Sends past and future events as Server-Sent Events: each change of `state`, the `progress`, and `done` at the ' +
      'end. The stream also ends when the service restarts or the session ends. Unless `done` was received, send the ' +
      'request again with `Last-Event-ID`; no event is missed or repeated. EventSource sends no Authorization ' +
      'header: use fetch. A user may have 100 open streams.',
  })
  async stream(
    @Param('id', IdParamPipe) id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Context() { caller, reply }: OperationContext,
  ): Promise<StreamableFile> {
    const { ownerId } = await this.jobs.get(id, caller);
    const stream = this.streams.start(reply, {
      principal: caller,
      canRead: (permissions) => ownerId === caller.userId || permissions.includes('jobs:read'),
    });
    const unsubscribe = this.feed.subscribe({
      jobId: id,
      afterSeq: seqOf(lastEventId),
      ready: () => stream.ready,
      push: (events) => {
        stream.send(events.map(({ seq, kind, data }) => ({ id: String(seq), event: kind, data })));
      },
      end: () => {
        stream.end();
      },
    });
    stream.onClose(unsubscribe);
    return new StreamableFile(stream.body, { type: 'text/event-stream' });
  }
}

/** The seq in the Last-Event-ID header; 0, which precedes all, for any other value. */
function seqOf(lastEventId: string | undefined): number {
  return /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
}
