import { tagged } from '../../platform/http/conditional/entity-tag.ts';
import type { OwnUser, User } from './user.ts';
import { MeDto, UserDto } from './users.dto.ts';

/** A user in GraphQL, with its ETag. */
export function taggedUser(user: User): UserDto {
  return tagged(UserDto.from(user), user.version);
}

/** The caller in GraphQL, with the ETag of GET /v1/users/me. */
export function taggedMe(user: OwnUser): MeDto {
  const me = MeDto.of(user);
  return tagged(me, user.version, me.permissions);
}
