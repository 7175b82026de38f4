import { ApiSchema } from '@nestjs/swagger';
import type { Permission, Role } from '../../http/auth/permissions.ts';
import { permissions, permissionsOf, roles } from '../../http/auth/permissions.ts';
import { PageOf, PageQuery } from '../../http/pagination/page.dto.ts';
import { OneOf, SomeOf } from '../../validation/choice-fields.ts';
import { Email, Flag, Id, Language, Moment, Text, TimeZone } from '../../validation/fields.ts';
import type { User, UserSort, UserStatus } from './user.ts';
import { userSorts, userStatusChoice, userStatuses } from './user.ts';

const role = { name: 'Role', about: 'A role of a user; permissions hang on roles.' } as const;
const locale = { description: 'Preferred language (BCP 47).', example: 'en' } as const;
const timezone = { description: 'Time zone (IANA).', example: 'Europe/Berlin' } as const;
const displayName = { min: 1, max: 80, description: 'What others see.', example: 'Ada Lovelace' } as const;

@ApiSchema({ description: 'A user, as administrators see them.' })
export class UserDto {
  @Id({ description: 'Identifies the user for ever.' })
  readonly id!: string;

  @Email({ description: 'As the user wrote it.' })
  readonly email!: string;

  @Flag({ description: 'Whether the user has shown that they receive mail at this address.', example: true })
  readonly emailVerified!: boolean;

  @Text({ ...displayName, nullable: true })
  readonly displayName!: string | null;

  @Language(locale)
  readonly locale!: string;

  @TimeZone(timezone)
  readonly timezone!: string;

  @SomeOf(roles, { ...role, max: 16, description: 'What permissions hang on.', example: ['user'] })
  readonly roles!: readonly Role[];

  @OneOf(userStatuses, { ...userStatusChoice, description: 'Whether the user can log in.', example: 'active' })
  readonly status!: UserStatus;

  @Moment({ description: 'When the account was made.' })
  readonly createdAt!: string;

  @Moment({ description: 'When anything about it last changed.' })
  readonly updatedAt!: string;

  static from(this: void, user: User): UserDto {
    return {
      id: user.id,
      email: user.email,
      emailVerified: user.emailVerifiedAt !== null,
      displayName: user.displayName,
      locale: user.locale,
      timezone: user.timezone,
      roles: roles.filter((role) => user.roles.includes(role)),
      status: statusOf(user),
      createdAt: user.createdAt.toISOString(),
      updatedAt: user.updatedAt.toISOString(),
    };
  }
}

@ApiSchema({ description: "The caller's own account." })
export class MeDto extends UserDto {
  @SomeOf(permissions, {
    about: 'Something that a user may do beyond the own account.',
    name: 'Permission',
    max: 64,
    description: 'What the caller may do as of now.',
    example: [],
  })
  readonly permissions!: readonly Permission[];

  static of(this: void, user: User): MeDto {
    return Object.assign(UserDto.from(user), { permissions: permissionsOf(user.roles) });
  }
}

@ApiSchema({ description: 'A page of users.' })
export class UserPage extends PageOf(UserDto) {}

/** Which users to list, and how. */
export class ListUsersQuery extends PageQuery {
  @OneOf(userSorts, {
    name: 'UserSort',
    about: 'Orders of a list of users; a minus is descending.',
    default: '-createdAt',
    description: 'Order of the list.',
  })
  readonly sort!: UserSort;

  @Text({ min: 1, max: 254, optional: true, description: 'Beginning of the e-mail address.', example: 'ada@' })
  readonly email?: string;

  @OneOf(roles, { ...role, optional: true, description: 'Only users with this role.' })
  readonly role?: Role;

  @OneOf(userStatuses, { ...userStatusChoice, optional: true, description: 'Only users in this state.' })
  readonly status?: UserStatus;

  @Moment({ optional: true, description: 'Only users created later than this.' })
  readonly createdAfter?: string;

  @Moment({ optional: true, description: 'Only users created earlier than this.' })
  readonly createdBefore?: string;
}

@ApiSchema({ description: 'A user to invite.' })
export class CreateUserDto {
  @Email({ description: 'Where the invitation goes.' })
  readonly email!: string;

  @Text({ ...displayName, optional: true, nullable: true })
  readonly displayName?: string | null;

  @SomeOf(roles, {
    ...role,
    max: 16,
    optional: true,
    description:
      'What permissions hang on; absent, a new account gets `user`, and one that was not verified keeps its own.',
    example: ['user'],
  })
  readonly roles?: readonly Role[];
}

@ApiSchema({ description: 'What to change of the own account; absent members stay as they are.' })
export class UpdateMeDto {
  @Text({ ...displayName, optional: true, nullable: true })
  readonly displayName?: string | null;

  @Language({ ...locale, optional: true })
  readonly locale?: string;

  @TimeZone({ ...timezone, optional: true })
  readonly timezone?: string;
}

@ApiSchema({ description: 'What to change of a user; absent members stay as they are.' })
export class UpdateUserDto {
  @Text({ ...displayName, optional: true, nullable: true })
  readonly displayName?: string | null;

  @SomeOf(roles, {
    ...role,
    max: 16,
    optional: true,
    description: 'All roles the user shall have.',
    example: ['user'],
  })
  readonly roles?: readonly Role[];
}

function statusOf(user: User): UserStatus {
  if (user.disabledAt !== null) return 'disabled';
  return user.emailVerifiedAt === null ? 'unverified' : 'active';
}
