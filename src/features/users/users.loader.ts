import { Injectable } from '@nestjs/common';
import type { BatchSource, GraphqlContext } from '../../platform/graphql/graphql-context.ts';
import { PermissionChecker } from '../../platform/http/auth/permission-checker.ts';
import type { Principal } from '../../platform/http/auth/principal.ts';
import { taggedUser } from './tagged-user.dto.ts';
import { UserDto } from './users.dto.ts';
import { UsersService } from './users.service.ts';

export { UserDto };

/** Loads the users that GraphQL fields of other resources refer to. */
@Injectable()
export class UserLoader implements BatchSource<UserDto> {
  constructor(
    private readonly users: UsersService,
    private readonly permissions: PermissionChecker,
  ) {}

  /**
   * The user, null if it is deleted or there is none.
   * @throws Forbidden when it is not the caller, who lacks users:read
   */
  async load(id: string | null, context: GraphqlContext): Promise<UserDto | null> {
    return id === null ? null : ((await context.load(this, id)) ?? null);
  }

  /** Called by the context, once for all users that are loaded together: a denial is recorded once. */
  async read(ids: readonly string[], caller: Principal): Promise<readonly UserDto[]> {
    if (ids.some((id) => id !== caller.userId))
      await this.permissions.assertPermissions(['users:read'], caller.permissions);
    return (await this.users.findByIds(ids)).map(taggedUser);
  }

  keyOf({ id }: UserDto): string {
    return id;
  }
}
