import { ApiSchema } from '@nestjs/swagger';
import { EnumField } from '../../../platform/validation/enum-fields.ts';
import { BooleanField, IntegerField, StringField } from '../../../platform/validation/fields.ts';
import { ObjectArrayField } from '../../../platform/validation/list-fields.ts';
import { ObjectField } from '../../../platform/validation/object-fields.ts';
import type { CreationOptions } from './webauthn-options.ts';
import {
  BytesField,
  ChallengeField,
  CredentialDescriptorDto,
  CredentialTypeField,
  RequirementField,
  TimeoutField,
} from './webauthn-fields.ts';

@ApiSchema({ description: 'The service that a passkey is for.' })
class RelyingPartyDto {
  @StringField({ max: 253, description: 'The domain that passkeys belong to.', example: 'example.com' })
  readonly id!: string;

  @StringField({ max: 80, description: 'Name of the service.', example: 'Plinth' })
  readonly name!: string;
}

@ApiSchema({ description: 'The user that a passkey is for.' })
class PasskeyUserDto {
  @BytesField({ description: 'Random; identifies the user to authenticators.' })
  readonly id!: string;

  @StringField({ max: 254, description: 'The email address of the user.', example: 'ada@example.com' })
  readonly name!: string;

  @StringField({ max: 254, description: 'Display name, or the email address.', example: 'Ada Lovelace' })
  readonly displayName!: string;
}

@ApiSchema({ description: 'A kind of key that is accepted.' })
class CredentialParametersDto {
  @CredentialTypeField()
  readonly type!: 'public-key';

  @IntegerField({ min: -65_535, max: 65_535, description: 'The signature algorithm (RFC 9053).', example: -7 })
  readonly alg!: number;
}

@ApiSchema({ description: 'Which authenticators can create the passkey.' })
class AuthenticatorSelectionDto {
  @RequirementField('Whether the passkey must be found without an email address.')
  readonly residentKey!: 'required';

  @BooleanField({ description: 'The same for older browsers.', example: true })
  readonly requireResidentKey!: true;

  @RequirementField('Whether the authenticator must verify the user.')
  readonly userVerification!: 'required';
}

@ApiSchema({
  description: 'Pass it to `PublicKeyCredential.parseCreationOptionsFromJSON()` and `navigator.credentials.create()`.',
})
export class PasskeyCreationOptionsDto implements CreationOptions {
  @ChallengeField()
  readonly challenge!: string;

  @ObjectField(RelyingPartyDto, { description: 'The service.' })
  readonly rp!: RelyingPartyDto;

  @ObjectField(PasskeyUserDto, { description: 'The caller.' })
  readonly user!: PasskeyUserDto;

  @ObjectArrayField(CredentialParametersDto, { max: 8, description: 'The kinds of key, in order of preference.' })
  readonly pubKeyCredParams!: readonly CredentialParametersDto[];

  @ObjectArrayField(CredentialDescriptorDto, { max: 20, description: 'The passkeys that exist already.' })
  readonly excludeCredentials!: readonly CredentialDescriptorDto[];

  @ObjectField(AuthenticatorSelectionDto, { description: 'Which authenticators can create the passkey.' })
  readonly authenticatorSelection!: AuthenticatorSelectionDto;

  @EnumField(['none'], { name: 'Attestation', description: 'No attestation is requested.', example: 'none' })
  readonly attestation!: 'none';

  @TimeoutField()
  readonly timeout!: number;
}
