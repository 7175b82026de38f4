import { Args, ArgsType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Connection } from '../../platform/graphql/connection-types.ts';
import { connectionArgumentsOf, connectionOf } from '../../platform/graphql/connection-types.ts';
import { Connections } from '../../platform/graphql/connections.ts';
import type { GraphqlContext } from '../../platform/graphql/graphql-context.ts';
import { objectTypeOf } from '../../platform/graphql/schema-types.ts';
import { RequirePermissions } from '../../platform/http/auth/access.decorators.ts';
import type { Principal } from '../../platform/http/auth/principal.ts';
import { CurrentPrincipal } from '../../platform/http/auth/principal.ts';
import { UserDto, UserLoader } from '../users/index.ts';
import { AuditEventDto, auditFilterOf, ListAllAuditEventsQuery } from './audit-event.dto.ts';
import type { ListedAuditEvent } from './audit.service.ts';
import { AuditService } from './audit.service.ts';

const AuditEvent = objectTypeOf(AuditEventDto);
const AuditEventConnection = connectionOf(AuditEventDto);
const User = objectTypeOf(UserDto);

const ofUser = { nullable: true, description: 'The user; null if it is deleted. Requires `users:read`.' } as const;

@ArgsType()
class ListAuditEventsArguments extends connectionArgumentsOf(ListAllAuditEventsQuery) {}

@Resolver(() => AuditEvent)
export class AuditEventsResolver {
  constructor(
    private readonly audit: AuditService,
    private readonly users: UserLoader,
    private readonly connections: Connections,
  ) {}

  @Query(() => AuditEventConnection, {
    nullable: true,
    description: 'The audit log, events about deleted users included. Requires `audit:read`.',
  })
  @RequirePermissions('audit:read')
  async auditEvents(
    @Args() page: ListAuditEventsArguments,
    @CurrentPrincipal() caller: Principal,
  ): Promise<Connection<AuditEventDto>> {
    const filter = auditFilterOf(page);
    const list = { field: 'auditEvents', caller, page, filter };
    return await this.connections.connect<ListedAuditEvent, AuditEventDto>(list, {
      slice: async (request) => await this.audit.list(filter, request),
      total: async () => await this.audit.count(filter),
      toItem: AuditEventDto.from,
    });
  }

  /* Without parameter decorators Nest calls the methods of nested fields directly. */

  @ResolveField(() => User, ofUser)
  async actor({ actorId }: AuditEventDto, _: object, context: GraphqlContext): Promise<UserDto | null> {
    return await this.users.load(actorId, context);
  }

  @ResolveField(() => User, ofUser)
  async subject({ subjectId }: AuditEventDto, _: object, context: GraphqlContext): Promise<UserDto | null> {
    return await this.users.load(subjectId, context);
  }
}
