import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import { DateTimeField, IntegerField, StringField, UuidField } from '../../../platform/validation/fields.ts';
import type { MfaFactorType } from '../../users/index.ts';
import { mfaFactorTypeChoice, mfaFactorTypes } from '../../users/index.ts';
import { recoveryCodeCount } from './recovery-code.ts';
import type { UserFactor, UserMfa } from './user-mfa.service.ts';

@ApiSchema({ description: 'An active second factor of a user. Its secret is never returned.' })
export class UserFactorDto {
  @UuidField({ description: 'Unique identifier of the factor.' })
  readonly id!: string;

  @EnumField(mfaFactorTypes, { ...mfaFactorTypeChoice, description: 'The kind of factor.', example: 'totp' })
  readonly type!: MfaFactorType;

  @StringField({ min: 1, max: 80, description: 'Name that the user gave it.', example: 'Phone' })
  readonly name!: string;

  @DateTimeField({ description: 'Time of the enrolment.' })
  readonly createdAt!: string;

  @DateTimeField({ nullable: true, description: 'Time of the last use.' })
  readonly lastUsedAt!: string | null;

  @DateTimeField({
    nullable: true,
    description: 'Time at which too many invalid codes in a row locked it.',
    example: null,
  })
  readonly lockedAt!: string | null;

  static from(this: void, { id, type, name, createdAt, lastUsedAt, lockedAt }: UserFactor): UserFactorDto {
    const times = { createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
    return { id, type, name, ...times, lockedAt: lockedAt?.toISOString() ?? null };
  }
}

@ApiSchema({ description: 'The second factors of a user.' })
export class UserMfaDto {
  @ApiProperty({ type: [UserFactorDto], maxItems: 30, description: 'The active factors, oldest first.' })
  readonly factors!: readonly UserFactorDto[];

  @IntegerField({ min: 0, max: recoveryCodeCount, description: 'Recovery codes that are not used yet.', example: 10 })
  readonly recoveryCodesLeft!: number;

  static from(this: void, { factors, recoveryCodesLeft }: UserMfa): UserMfaDto {
    return { factors: factors.map(UserFactorDto.from), recoveryCodesLeft };
  }
}
