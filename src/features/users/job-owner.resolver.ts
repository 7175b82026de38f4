import { ResolveField, Resolver } from '@nestjs/graphql';
import type { GraphqlContext } from '../../platform/graphql/graphql-context.ts';
import { objectTypeOf } from '../../platform/graphql/schema-types.ts';
import { JobDto } from '../jobs/index.ts';
import { UserDto } from './users.dto.ts';
import { UserLoader } from './users.loader.ts';

const Job = objectTypeOf(JobDto);
const User = objectTypeOf(UserDto);

/** Adds its owner to a job. */
@Resolver(() => Job)
export class JobOwnerResolver {
  constructor(private readonly users: UserLoader) {}

  @ResolveField(() => User, {
    nullable: true,
    description: 'The owner; null if the user is deleted. Another user than the caller requires `users:read`.',
  })
  // Without parameter decorators Nest calls the method directly.
  async owner({ ownerId }: JobDto, _: object, context: GraphqlContext): Promise<UserDto | null> {
    return await this.users.load(ownerId, context);
  }
}
