import { Args, Resolver, Subscription } from '@nestjs/graphql';
import { SubscriptionStream } from '../../platform/graphql/subscriptions/subscription-stream.ts';
import { declareArguments, objectTypeOf } from '../../platform/graphql/schema-types.ts';
import type { Principal } from '../../platform/http/auth/principal.ts';
import { CurrentPrincipal } from '../../platform/http/auth/principal.ts';
import { EventStreams } from '../../platform/http/streaming/event-streams.ts';
import { IntegerField, UuidField } from '../../platform/validation/fields.ts';
import { JobEventDto } from './job-events.dto.ts';
import { JobEventFeed } from './job-event-feed.ts';
import { JobsService } from './jobs.service.ts';

const JobEvent = objectTypeOf(JobEventDto);

class JobEventsArguments {
  @UuidField({ description: 'The id of the job.' })
  readonly id!: string;

  @IntegerField({
    min: 0,
    max: 999_999_999,
    optional: true,
    description: 'The `seq` of the last event that was received. Without it, the first event follows.',
  })
  readonly after?: number;
}
declareArguments(JobEventsArguments);

@Resolver()
export class JobEventsResolver {
  constructor(
    private readonly jobs: JobsService,
    private readonly feed: JobEventFeed,
    private readonly streams: EventStreams,
  ) {}

  @Subscription(() => JobEvent, {
    description:
      'Past and future events of a job of the caller, with `jobs:read` of any user, until the job is finished. After a ' +
      'disconnection, subscribe again with `after`; no event is missed or repeated.',
  })
  async jobEvents(
    @Args() { id, after = 0 }: JobEventsArguments,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AsyncIterable<{ readonly jobEvents: JobEventDto }>> {
    const { ownerId } = await this.jobs.get(id, caller);
    const reader = {
      principal: caller,
      canRead: (permissions: readonly string[]) => ownerId === caller.userId || permissions.includes('jobs:read'),
    };
    const stream = this.streams.watch(reader, () => new SubscriptionStream<{ readonly jobEvents: JobEventDto }>());
    const unsubscribe = this.feed.subscribe({
      jobId: id,
      afterSeq: after,
      ready: () => stream.ready,
      push: (events) => {
        stream.push(events.map((event) => ({ jobEvents: JobEventDto.from(event) })));
      },
      end: () => {
        stream.complete();
      },
    });
    stream.onClose(unsubscribe);
    return stream;
  }
}
