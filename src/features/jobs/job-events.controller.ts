import { Controller, Get, Headers, Param, Res, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../../http/auth/principal.ts';
import { CurrentPrincipal } from '../../http/auth/principal.ts';
import { IdParam } from '../../http/openapi/id-param.decorator.ts';
import { ReadsHeader } from '../../http/openapi/request-header.ts';
import { EventStreams } from '../../http/streaming/event-streams.ts';
import { IdParamPipe } from '../../http/validation/id-param.pipe.ts';
import { JobEventFeed } from './job-event-feed.ts';
import { JobsService } from './jobs.service.ts';

const example = [
  'retry: 1000\n\n',
  'id: 1\nevent: state\ndata: {"state":"queued"}\n\n',
  'id: 2\nevent: state\ndata: {"state":"running","attempt":1}\n\n',
  'id: 3\nevent: progress\ndata: {"done":1200,"total":5000}\n\n',
  'id: 4\nevent: done\ndata: {"state":"succeeded","result":{"rows":5000,"bytes":420000,"format":"csv"}}\n\n',
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
    description: 'Server-Sent Events, from the first one or the one behind `Last-Event-ID` until the job is finished.',
    // job-events.document.ts adds the schema.
    content: { 'text/event-stream': { example } },
  })
  @IdParam('the job')
  @ReadsHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The id of the last event that was received; what is none begins at the first event.',
    maxLength: 64,
    example: '3',
  })
  @ApiOperation({
    operationId: 'streamJobEvents',
    summary: 'Follow a job',
    description:
      'Tells each change of `state`, `progress`, and at last `done`, as Server-Sent Events: what has happened first, ' +
      'then what happens. It also ends when the service restarts or the caller is logged out; unless `done` came, ask ' +
      'again with `Last-Event-ID`, and no event is missed or repeated. EventSource sends no Authorization: use fetch. ' +
      'A user may have 100 at once.',
  })
  async stream(
    @Param('id', IdParamPipe) id: string,
    @CurrentPrincipal() caller: Principal,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const { ownerId } = await this.jobs.get(id, caller);
    const stream = this.streams.start(reply, {
      principal: caller,
      mayRead: (permissions) => ownerId === caller.userId || permissions.includes('jobs:read'),
    });
    const stop = this.feed.follow({
      jobId: id,
      afterSeq: seqOf(lastEventId),
      ready: () => stream.ready,
      take: (events) => {
        stream.send(events.map(({ seq, kind, data }) => ({ id: String(seq), event: kind, data })));
      },
      end: () => {
        stream.end();
      },
    });
    stream.onClose(stop);
    return new StreamableFile(stream.body, { type: 'text/event-stream' });
  }
}

/** The seq that a reader says it has; 0, which is before all, when it says none. */
function seqOf(lastEventId: string | undefined): number {
  return /^\d{1,9}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
}
