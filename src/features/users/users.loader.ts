import { Injectable } from '@nestjs/common';
import type { BatchSource, GraphqlContext } from '../../platform/graphql/graphql-context.ts';
import { PermissionChecker } from '../../platform/http/auth/permission-checker.ts';
import { taggedUser } from './tagged-user.dto.ts';
import { UserDto } from './users.dto.ts';
import { UsersService } from './users.service.ts';

export { UserDto };

/** Loads the users that GraphQL fields of other resources refer to. */
@Injectable()
export class UserLoader {
  private readonly others: BatchSource<UserDto> = {
    // Once for all users that are loaded together: a denial is recorded once.
    read: async (ids, { permissions }) => {
      await this.permissions.assertPermissions(['users:read'], permissions);
      return await this.find(ids);
    },
    keyOf,
  };
  /** Of a caller without users:read: the denial of other users does not apply to it. */
  private readonly own: BatchSource<UserDto> = { read: async (ids) => await this.find(ids), keyOf };

  constructor(
    private readonly users: UsersService,
    private readonly permissions: PermissionChecker,
  ) {}

  /**
   * The user, null if it is deleted or there is none.
   * @throws Forbidden when it is not the caller, who lacks users:read
   */
  async load(id: string | null, context: GraphqlContext): Promise<UserDto | null> {
    if (id === null) return null;
    const { userId, permissions } = context.caller;
    const source = id === userId && !permissions.includes('users:read') ? this.own : this.others;
    return (await context.loaderOf(source).load(id)) ?? null;
  }

  private async find(ids: readonly string[]): Promise<readonly UserDto[]> {
    return (await this.users.findByIds(ids)).map(taggedUser);
  }
}

function keyOf({ id }: UserDto): string {
  return id;
}
