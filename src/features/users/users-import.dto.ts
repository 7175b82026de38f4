import { IntersectionType, PickType } from '@nestjs/swagger';
import { BooleanField } from '../../platform/validation/fields.ts';
import { CreateUserDto, UpdateMeDto } from './users.dto.ts';

/** Options of an import. */
export class ImportUsersQuery {
  @BooleanField({ default: false, description: 'Whether every user who is created receives an invitation by email.' })
  readonly invite!: boolean;
}

/** A row of the file: the fields of POST /v1/users and PATCH /v1/users/me. */
export class ImportedUserDto extends IntersectionType(CreateUserDto, PickType(UpdateMeDto, ['locale', 'timezone'])) {}
