import { Args, ArgsType, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Connection } from '../../../platform/graphql/connection-types.ts';
import { connectionArgumentsOf, connectionOf } from '../../../platform/graphql/connection-types.ts';
import { Connections } from '../../../platform/graphql/connections.ts';
import { ResourceArguments } from '../../../platform/graphql/mutation-arguments.ts';
import type { MutationCall } from '../../../platform/graphql/mutations.ts';
import { Mutates, Mutations } from '../../../platform/graphql/mutations.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { RequireRecentAuthenticationForOtherSession } from './other-session.decorator.ts';
import type { ListedSession } from './session-lists.service.ts';
import { SessionListsService } from './session-lists.service.ts';
import { SessionRevocationService } from './session-revocation.service.ts';
import { ListSessionsQuery, SessionDto } from './sessions.dto.ts';
import { forCaller } from './sessions.errors.ts';

const SessionConnection = connectionOf(SessionDto);

@ArgsType()
class ListSessionsArguments extends connectionArgumentsOf(ListSessionsQuery) {}

@Resolver()
export class SessionsResolver {
  constructor(
    private readonly lists: SessionListsService,
    private readonly revocation: SessionRevocationService,
    private readonly connections: Connections,
    private readonly mutations: Mutations,
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

  @Mutation(() => ID, {
    nullable: true,
    description:
      'Revokes a session of the caller and returns its id. Requires a recent authentication unless it is the session of ' +
      'the request.',
  })
  @RequireRecentAuthenticationForOtherSession()
  async revokeSession(
    @Args() { id }: ResourceArguments,
    @CurrentSession() { userId, sessionId }: SessionCaller,
    @Mutates() call: MutationCall,
  ): Promise<string> {
    const reason = id === sessionId ? 'logout' : 'ended_by_user';
    return await this.mutations.executeWithoutResult(call, id, async () => {
      await this.revocation.revokeOne(userId, id, reason);
    });
  }
}
