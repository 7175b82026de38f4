import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import {
  BooleanField,
  DateTimeField,
  IntegerField,
  StringField,
  UuidField,
} from '../../../platform/validation/fields.ts';
import { ObjectField } from '../../../platform/validation/object-fields.ts';
import { recoveryCodesMember } from '../mfa/index.ts';
import type { ListedPasskey, RegisteredPasskey } from './passkeys.service.ts';
import type { RegistrationCredential } from './webauthn.ts';
import { BytesField, CredentialDto, TransportsField } from './webauthn-fields.ts';

const name = { min: 1, max: 80, description: 'Name of the passkey.', example: 'Laptop' } as const;

@ApiSchema({ description: 'A passkey of the caller. Its key is never returned.' })
export class PasskeyDto {
  @UuidField({ description: 'Unique identifier of the passkey.' })
  readonly id!: string;

  @StringField(name)
  readonly name!: string;

  @DateTimeField({ description: 'Time of the registration.' })
  readonly createdAt!: string;

  @DateTimeField({ nullable: true, description: 'Time of the last use.' })
  readonly lastUsedAt!: string | null;

  @BooleanField({ description: 'Whether the passkey is stored on several devices or in a backup.', example: true })
  readonly backedUp!: boolean;

  static from(this: void, { id, name, createdAt, lastUsedAt, backedUp }: ListedPasskey): PasskeyDto {
    return {
      ...{ id, name, backedUp },
      createdAt: createdAt.toISOString(),
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    };
  }
}

@ApiSchema({ description: 'The passkeys of the caller.' })
export class PasskeyList {
  @ApiProperty({ type: [PasskeyDto], maxItems: 20, description: 'The passkeys, oldest first.' })
  readonly data!: readonly PasskeyDto[];
}

@ApiSchema({ description: 'A new passkey.' })
export class RegisteredPasskeyDto extends PasskeyDto {
  @ApiProperty({
    ...recoveryCodesMember,
    required: false,
    description: 'Present once, when the passkey is the first second factor. Each replaces the second factor once.',
  })
  readonly recoveryCodes?: readonly string[];

  static registered({ recoveryCodes, ...passkey }: RegisteredPasskey): RegisteredPasskeyDto {
    return Object.assign(PasskeyDto.from(passkey), recoveryCodes === undefined ? {} : { recoveryCodes });
  }
}

@ApiSchema({ description: 'The new name of a passkey.' })
export class RenamePasskeyDto {
  @StringField(name)
  readonly name!: string;
}

@ApiSchema({ description: 'What an authenticator returned for a new passkey (WebAuthn).' })
class AttestationResponseDto {
  @BytesField({ description: 'What the browser requested: challenge and origin.' })
  readonly clientDataJSON!: string;

  @BytesField({ description: 'The new public key and its attestation.' }, 'long')
  readonly attestationObject!: string;

  @TransportsField({ optional: true })
  readonly transports?: readonly string[];

  @BytesField({ optional: true, nullable: true, description: 'Part of the attestation object. Not read.' }, 'long')
  readonly authenticatorData?: string | null;

  @BytesField({ optional: true, nullable: true, description: 'Part of the attestation object. Not read.' })
  readonly publicKey?: string | null;

  @IntegerField({
    ...{ min: -65_535, max: 65_535, optional: true },
    description: 'Part of the attestation object. Not read.',
    example: -7,
  })
  readonly publicKeyAlgorithm?: number;
}

@ApiSchema({ description: 'A new passkey as `toJSON()` of a browser returns it.' })
class RegistrationCredentialDto extends CredentialDto implements RegistrationCredential {
  @ObjectField(AttestationResponseDto, { description: 'What the authenticator returned.' })
  readonly response!: AttestationResponseDto;
}

@ApiSchema({ description: 'A passkey to register.' })
export class RegisterPasskeyDto {
  @StringField(name)
  readonly name!: string;

  @ObjectField(RegistrationCredentialDto, { description: 'The new passkey.' })
  readonly credential!: RegistrationCredentialDto;
}
