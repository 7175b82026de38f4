import { Args, ArgsType, ID, Query, Resolver } from '@nestjs/graphql';
import { AcceptsApiKeys, AcceptsMissingMfa, RequirePermissions } from '../../platform/http/auth/access.decorators.ts';
import type { Principal } from '../../platform/http/auth/principal.ts';
import { CurrentPrincipal } from '../../platform/http/auth/principal.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import type { Connection } from '../../platform/graphql/connection-types.ts';
import { connectionArgumentsOf, connectionOf } from '../../platform/graphql/connection-types.ts';
import { Connections } from '../../platform/graphql/connections.ts';
import { objectTypeOf } from '../../platform/graphql/schema-types.ts';
import { taggedMe, taggedUser } from './tagged-user.dto.ts';
import type { ListedUser } from './user.ts';
import { filterOf, ListUsersQuery, MeDto, UserDto } from './users.dto.ts';
import { asUnauthenticated } from './users.errors.ts';
import { UsersService } from './users.service.ts';

const Me = objectTypeOf(MeDto);
const User = objectTypeOf(UserDto);
const UserConnection = connectionOf(UserDto);

@ArgsType()
class ListUsersArguments extends connectionArgumentsOf(ListUsersQuery) {}

@Resolver()
export class UsersResolver {
  constructor(
    private readonly service: UsersService,
    private readonly connections: Connections,
  ) {}

  @Query(() => Me, {
    nullable: true,
    description: 'The caller with roles, permissions and a summary of the second factors.',
  })
  @AcceptsApiKeys()
  @AcceptsMissingMfa()
  async me(@CurrentPrincipal() caller: Principal): Promise<MeDto> {
    return taggedMe(await asUnauthenticated(this.service.getOwn(caller.userId, caller.mfaEnabled)));
  }

  @Query(() => User, { nullable: true, description: 'A user that is not deleted. Requires `users:read`.' })
  @RequirePermissions('users:read')
  async user(@Args('id', { type: () => ID }, IdParamPipe) id: string): Promise<UserDto> {
    return taggedUser(await this.service.get(id));
  }

  @Query(() => UserConnection, {
    nullable: true,
    description: 'The users that are not deleted. Requires `users:read`.',
  })
  @RequirePermissions('users:read')
  async users(@Args() page: ListUsersArguments, @CurrentPrincipal() caller: Principal): Promise<Connection<UserDto>> {
    const filter = filterOf(page);
    const list = { field: 'users', caller, page, filter };
    return await this.connections.connect<ListedUser, UserDto>(list, {
      slice: async (request) => await this.service.list(filter, request),
      total: async () => await this.service.count(filter),
      toItem: taggedUser,
    });
  }
}
