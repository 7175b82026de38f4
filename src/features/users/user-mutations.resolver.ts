import { Args, ID, Mutation, Resolver } from '@nestjs/graphql';
import {
  KeyedArguments,
  OwnVersionedArguments,
  ResourceArguments,
  VersionedArguments,
} from '../../platform/graphql/mutation-arguments.ts';
import type { MutationCall } from '../../platform/graphql/mutations.ts';
import { Mutates, Mutations } from '../../platform/graphql/mutations.ts';
import { inputTypeOf, objectTypeOf } from '../../platform/graphql/schema-types.ts';
import { RequirePermissions } from '../../platform/http/auth/access.decorators.ts';
import { Precondition } from '../../platform/http/conditional/precondition.ts';
import { InvitationsService } from './invitations.service.ts';
import { RequireRecentAuthenticationForRoles } from './role-change.decorator.ts';
import { taggedMe, taggedUser } from './tagged-user.dto.ts';
import type { User } from './user.ts';
import { UserStatusService } from './user-status.service.ts';
import { CreateUserDto, MeDto, UpdateMeDto, UpdateUserDto, UserDto } from './users.dto.ts';
import { asUnauthenticated } from './users.errors.ts';
import { UsersService } from './users.service.ts';

const Me = objectTypeOf(MeDto);
const User = objectTypeOf(UserDto);
const CreateUserInput = inputTypeOf(CreateUserDto);
const UpdateMeInput = inputTypeOf(UpdateMeDto);
const UpdateUserInput = inputTypeOf(UpdateUserDto);

@Resolver()
export class UserMutationsResolver {
  constructor(
    private readonly users: UsersService,
    private readonly status: UserStatusService,
    private readonly invitations: InvitationsService,
    private readonly mutations: Mutations,
  ) {}

  @Mutation(() => Me, { nullable: true, description: 'Updates the caller. Omitted fields are left unchanged.' })
  async updateMe(
    @Args() { ifMatch }: OwnVersionedArguments,
    @Args('input', { type: () => UpdateMeInput }) input: UpdateMeDto,
    @Mutates() call: MutationCall,
  ): Promise<MeDto> {
    const { userId, permissions } = call.context.caller;
    const versions = new Precondition(ifMatch).versions(permissions);
    const me = await this.mutations.execute(call, {
      run: async () => await asUnauthenticated(this.users.updateOwn({ id: userId, versions }, input)),
      idOf,
      get: async (id) => await asUnauthenticated(this.users.getOwn(id)),
    });
    return taggedMe(me);
  }

  @Mutation(() => User, {
    nullable: true,
    description:
      'Invites a user: creates an account without a password and sends an email with a link to set one. Requires ' +
      '`users:write`, and a recent authentication if `input` has `roles`.',
  })
  @RequirePermissions('users:write')
  @RequireRecentAuthenticationForRoles()
  async createUser(
    @Args() _: KeyedArguments,
    @Args('input', { type: () => CreateUserInput }) input: CreateUserDto,
    @Mutates() call: MutationCall,
  ): Promise<UserDto> {
    return await this.change(call, async () => await this.invitations.invite(input));
  }

  @Mutation(() => User, {
    nullable: true,
    description:
      'Updates a user. Omitted fields are left unchanged. Requires `users:write`, and a recent authentication if ' +
      '`input` has `roles`.',
  })
  @RequirePermissions('users:write')
  @RequireRecentAuthenticationForRoles()
  async updateUser(
    @Args() { id, ifMatch }: VersionedArguments,
    @Args('input', { type: () => UpdateUserInput }) input: UpdateUserDto,
    @Mutates() call: MutationCall,
  ): Promise<UserDto> {
    const versions = new Precondition(ifMatch).versions();
    const { userId } = call.context.caller;
    return await this.change(call, async () => await this.users.update({ id, versions }, input, userId));
  }

  @Mutation(() => User, {
    nullable: true,
    description: 'Disables a user: revokes all sessions and rejects every login. Requires `users:write`.',
  })
  @RequirePermissions('users:write')
  async disableUser(@Args() { id }: ResourceArguments, @Mutates() call: MutationCall): Promise<UserDto> {
    return await this.change(call, async () => await this.status.disable(id, call.context.caller.userId));
  }

  @Mutation(() => User, { nullable: true, description: 'Enables a disabled user. Requires `users:write`.' })
  @RequirePermissions('users:write')
  async enableUser(@Args() { id }: ResourceArguments, @Mutates() call: MutationCall): Promise<UserDto> {
    return await this.change(call, async () => await this.status.enable(id));
  }

  @Mutation(() => ID, {
    nullable: true,
    description: 'Deletes a user, who can be restored for 30 days, and returns the id. Requires `users:write`.',
  })
  @RequirePermissions('users:write')
  async deleteUser(@Args() { id, ifMatch }: VersionedArguments, @Mutates() call: MutationCall): Promise<string> {
    const versions = new Precondition(ifMatch).versions();
    return await this.mutations.executeWithoutResult(call, id, async () => {
      await this.users.delete({ id, versions });
    });
  }

  @Mutation(() => User, {
    nullable: true,
    description: 'Restores a user that was deleted in the last 30 days, without sessions. Requires `users:write`.',
  })
  @RequirePermissions('users:write')
  async restoreUser(@Args() { id }: ResourceArguments, @Mutates() call: MutationCall): Promise<UserDto> {
    return await this.change(call, async () => await this.users.restore(id));
  }

  private async change(call: MutationCall, run: () => Promise<User>): Promise<UserDto> {
    const get = async (id: string): Promise<User> => await this.users.get(id);
    return taggedUser(await this.mutations.execute(call, { run, idOf, get }));
  }
}

function idOf({ id }: User): string {
  return id;
}
