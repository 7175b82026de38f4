import { ApiSchema } from '@nestjs/swagger';
import type { Permission, Role } from '../../platform/http/auth/permissions.ts';
import { permissionsOf, roles } from '../../platform/http/auth/permissions.ts';
import { PermissionArrayField, RoleArrayField, RoleField } from '../../platform/http/auth/role-fields.ts';
import { Tagged } from '../../platform/http/conditional/entity-tag.ts';
import { PageOf, PageQuery } from '../../platform/http/pagination/page.dto.ts';
import { EnumArrayField, EnumField } from '../../platform/validation/enum-fields.ts';
import {
  BooleanField,
  DateTimeField,
  EmailField,
  IntegerField,
  StringField,
  UuidField,
} from '../../platform/validation/fields.ts';
import { LanguageField, TimeZoneField } from '../../platform/validation/locale-fields.ts';
import { ObjectField } from '../../platform/validation/object-fields.ts';
import { isoTime } from '../../platform/serialization/iso-time.ts';
import type { MfaFactorType, MfaSummary, OwnUser, User, UserFilter, UserSort, UserStatus } from './user.ts';
import {
  mfaFactorTypeChoice,
  mfaFactorTypes,
  userFilterFields,
  userSorts,
  userStatusChoice,
  userStatuses,
} from './user.ts';

const locale = { description: 'Preferred language (BCP 47).', example: 'en' } as const;
const timezone = { description: 'Time zone (IANA).', example: 'Europe/Berlin' } as const;
const displayName = { min: 1, max: 80, description: 'Display name.', example: 'Ada Lovelace' } as const;

@Tagged()
@ApiSchema({ description: 'A user, as administrators see them.' })
export class UserDto {
  @UuidField({ description: 'Unique identifier of the user.' })
  readonly id!: string;

  @EmailField({ description: 'Email address, in the spelling of the user.' })
  readonly email!: string;

  @BooleanField({ description: 'Whether the email address is verified.', example: true })
  readonly emailVerified!: boolean;

  @StringField({ ...displayName, nullable: true })
  readonly displayName!: string | null;

  @LanguageField(locale)
  readonly locale!: string;

  @TimeZoneField(timezone)
  readonly timezone!: string;

  @RoleArrayField({ description: 'Roles that grant permissions.', example: ['user'] })
  readonly roles!: readonly Role[];

  @EnumField(userStatuses, { ...userStatusChoice, description: 'Whether the user can log in.', example: 'active' })
  readonly status!: UserStatus;

  @DateTimeField({ description: 'Creation time.' })
  readonly createdAt!: string;

  @DateTimeField({ description: 'Time of the last update.' })
  readonly updatedAt!: string;

  static from(this: void, user: User): UserDto {
    return {
      id: user.id,
      email: user.email,
      emailVerified: user.emailVerifiedAt !== null,
      displayName: user.displayName,
      locale: user.locale,
      timezone: user.timezone,
      roles: roles().filter((role) => user.roles.includes(role)),
      status: statusOf(user),
      createdAt: isoTime(user.createdAt),
      updatedAt: isoTime(user.updatedAt),
    };
  }
}

@ApiSchema({ description: 'The second factors of the caller.' })
export class MfaSummaryDto implements MfaSummary {
  @EnumArrayField(mfaFactorTypes, {
    ...mfaFactorTypeChoice,
    max: mfaFactorTypes.length,
    description: 'The kinds of second factor of which one is active; empty while logins require none.',
    example: ['totp'],
  })
  readonly methods!: readonly MfaFactorType[];

  @IntegerField({ min: 0, max: 10, description: 'Recovery codes that are not used yet.', example: 10 })
  readonly recoveryCodesLeft!: number;
}

@ApiSchema({ description: "The caller's own account." })
export class MeDto extends UserDto {
  @PermissionArrayField({ description: 'Current permissions of the caller.', example: [] })
  readonly permissions!: readonly Permission[];

  @ObjectField(MfaSummaryDto, { description: 'The second factors of the caller.' })
  readonly mfa!: MfaSummaryDto;

  static of(this: void, user: OwnUser): MeDto {
    return Object.assign(UserDto.from(user), { permissions: permissionsOf(user.roles), mfa: user.mfa });
  }
}

@ApiSchema({ description: 'A page of users.' })
export class UserPage extends PageOf(UserDto) {}

/** Filters and order of the list of users. */
export class ListUsersQuery extends PageQuery {
  @EnumField(userSorts, {
    name: 'UserSort',
    about: 'Orders of a list of users; a minus is descending.',
    default: '-createdAt',
    description: 'Order of the list.',
  })
  readonly sort!: UserSort;

  @StringField(userFilterFields.email)
  readonly email?: string;

  @RoleField({ optional: true, description: 'Only users with this role.' })
  readonly role?: Role;

  @EnumField(userStatuses, userFilterFields.status)
  readonly status?: UserStatus;

  @DateTimeField(userFilterFields.createdAfter)
  readonly createdAfter?: string;

  @DateTimeField(userFilterFields.createdBefore)
  readonly createdBefore?: string;
}

@ApiSchema({ description: 'A user to invite.' })
export class CreateUserDto {
  @EmailField({ description: 'Recipient of the invitation.' })
  readonly email!: string;

  @StringField({ ...displayName, optional: true, nullable: true })
  readonly displayName?: string | null;

  @RoleArrayField({
    optional: true,
    description:
      'Roles that grant permissions. If omitted, a new account gets `user`, and an existing unverified account keeps ' +
      'its roles.',
    example: ['user'],
  })
  readonly roles?: readonly Role[];
}

@ApiSchema({ description: 'Changes of the current user; omitted fields are left unchanged.' })
export class UpdateMeDto {
  @StringField({ ...displayName, optional: true, nullable: true })
  readonly displayName?: string | null;

  @LanguageField({ ...locale, optional: true })
  readonly locale?: string;

  @TimeZoneField({ ...timezone, optional: true })
  readonly timezone?: string;
}

@ApiSchema({ description: 'Changes of a user; omitted fields are left unchanged.' })
export class UpdateUserDto {
  @StringField({ ...displayName, optional: true, nullable: true })
  readonly displayName?: string | null;

  @RoleArrayField({
    optional: true,
    description: 'All roles of the user after the change.',
    example: ['user'],
  })
  readonly roles?: readonly Role[];
}

/** The filter of a query. */
export function filterOf(query: ListUsersQuery): UserFilter {
  const { sort, email: emailPrefix, role, status, createdAfter, createdBefore } = query;
  return { sort, emailPrefix, role, status, createdAfter, createdBefore };
}

function statusOf(user: User): UserStatus {
  if (user.disabledAt !== null) return 'disabled';
  return user.emailVerifiedAt === null ? 'unverified' : 'active';
}
