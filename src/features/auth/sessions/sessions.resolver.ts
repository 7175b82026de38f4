import { Args, ArgsType, Query, Resolver } from '@nestjs/graphql';
import type { Connection } from '../../../platform/graphql/connection-types.ts';
import { connectionArgumentsOf, connectionOf } from '../../../platform/graphql/connection-types.ts';
import { Connections } from '../../../platform/graphql/connections.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import type { ListedSession } from './session-lists.service.ts';
import { SessionListsService } from './session-lists.service.ts';
import { ListSessionsQuery, SessionDto } from './sessions.dto.ts';
import { forCaller } from './sessions.errors.ts';

const SessionConnection = connectionOf(SessionDto);

@ArgsType()
class ListSessionsArguments extends connectionArgumentsOf(ListSessionsQuery) {}

@Resolver()
export class SessionsResolver {
  constructor(
    private readonly lists: SessionListsService,
    private readonly connections: Connections,
  ) {}

  @Query(() => SessionConnection, { nullable: true, description: 'The active sessions of the caller, newest first.' })
  async sessions(
    @Args() page: ListSessionsArguments,
    @CurrentSession() caller: SessionCaller,
  ): Promise<Connection<SessionDto>> {
    return await this.connections.connect<ListedSession, SessionDto>(
      { field: 'sessions', caller, page },
      {
        slice: async (request) => await forCaller(this.lists.list(caller.userId, request)),
        total: async () => await this.lists.count(caller.userId),
        toItem: (session) => SessionDto.from(session, caller.sessionId),
      },
    );
  }
}
