import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import { DateTimeField, IntegerField, StringField, UuidField } from '../../../platform/validation/fields.ts';
import type { MfaFactorType } from '../../users/index.ts';
import { mfaFactorTypeChoice, mfaFactorTypes } from '../../users/index.ts';
import { codeMember } from './mfa-challenges.service.ts';
import { recoveryCodeCount, recoveryCodesMember } from './recovery-code.ts';
import type { PendingFactor } from './totp-factors.service.ts';
import type { UserFactor, UserMfa } from './user-mfa.service.ts';

@ApiSchema({ description: 'An active second factor. Its secret is never returned.' })
export class MfaFactorDto {
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
    description: 'Time at which too many invalid codes in a row locked it; a recovery code or a passkey unlocks it.',
    example: null,
  })
  readonly lockedAt!: string | null;

  static from(this: void, { id, type, name, createdAt, lastUsedAt, lockedAt }: UserFactor): MfaFactorDto {
    const times = { createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
    return { id, type, name, ...times, lockedAt: lockedAt?.toISOString() ?? null };
  }
}

@ApiSchema({ description: 'The active second factors of the caller.' })
export class MfaFactorList {
  @ApiProperty({ type: [MfaFactorDto], maxItems: 30, description: 'The factors, oldest first.' })
  readonly data!: readonly MfaFactorDto[];
}

@ApiSchema({ description: 'The second factors of a user.' })
export class UserMfaDto {
  @ApiProperty({ type: [MfaFactorDto], maxItems: 30, description: 'The active factors, oldest first.' })
  readonly factors!: readonly MfaFactorDto[];

  @IntegerField({ min: 0, max: recoveryCodeCount, description: 'Recovery codes that are not used yet.', example: 10 })
  readonly recoveryCodesLeft!: number;

  static from(this: void, { factors, recoveryCodesLeft }: UserMfa): UserMfaDto {
    return { factors: factors.map(MfaFactorDto.from), recoveryCodesLeft };
  }
}

@ApiSchema({ description: 'The authenticator app to add.' })
export class EnrolTotpDto {
  @StringField({ min: 1, max: 80, optional: true, description: 'Name of the authenticator app.', example: 'Phone' })
  readonly name?: string;
}

@ApiSchema({ description: 'A secret for an authenticator app, to be activated within ten minutes.' })
export class PendingTotpDto implements PendingFactor {
  @UuidField({ description: 'Unique identifier of the factor.' })
  readonly factorId!: string;

  @StringField({ min: 32, max: 32, description: 'The secret in Base32.', example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' })
  readonly secret!: string;

  @StringField({
    max: 1024,
    description: 'The secret as a URI, which a link opens in the app of this device.',
    example: 'otpauth://totp/Plinth:ada%40example.com?issuer=Plinth&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  })
  readonly otpauthUri!: string;

  @StringField({
    max: 65_536,
    description: 'The same URI as a QR code (SVG).',
    example: '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
  })
  readonly qrCodeSvg!: string;
}

@ApiSchema({ description: 'A code of the authenticator app.' })
export class ActivateTotpDto {
  @StringField({ ...codeMember, description: 'The current code.' })
  readonly code!: string;
}

@ApiSchema({ description: 'New recovery codes, which are never shown again.' })
export class RecoveryCodesDto {
  @ApiProperty({ ...recoveryCodesMember, description: 'Each replaces the second factor once.' })
  readonly recoveryCodes!: readonly string[];
}
