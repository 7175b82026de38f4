import { ApiSchema } from '@nestjs/swagger';
import { StringField } from '../../../platform/validation/fields.ts';
import { ObjectArrayField } from '../../../platform/validation/list-fields.ts';
import { ObjectField } from '../../../platform/validation/object-fields.ts';
import type { AuthenticationCredential, RequestOptions } from '../passkeys/index.ts';
import {
  BytesField,
  ChallengeField,
  CredentialDescriptorDto,
  CredentialDto,
  RequirementField,
  TimeoutField,
} from '../passkeys/index.ts';

@ApiSchema({
  description: 'Pass it to `PublicKeyCredential.parseRequestOptionsFromJSON()` and `navigator.credentials.get()`.',
})
export class PasskeyRequestOptionsDto implements RequestOptions {
  @ChallengeField()
  readonly challenge!: string;

  @StringField({ max: 253, description: 'The domain that passkeys belong to.', example: 'example.com' })
  readonly rpId!: string;

  @ObjectArrayField(CredentialDescriptorDto, {
    max: 20,
    description: 'The passkeys of the account; empty for a login, for which the user chooses any.',
  })
  readonly allowCredentials!: readonly CredentialDescriptorDto[];

  @RequirementField('Whether the authenticator must verify the user.')
  readonly userVerification!: 'required';

  @TimeoutField()
  readonly timeout!: number;
}

@ApiSchema({ description: 'What an authenticator returned for a challenge (WebAuthn).' })
class AssertionResponseDto {
  @BytesField({ description: 'What the browser requested: challenge and origin.' })
  readonly clientDataJSON!: string;

  @BytesField({ description: 'What the authenticator reports: user verification and signature counter.' })
  readonly authenticatorData!: string;

  @BytesField({ description: 'The signature of both.' })
  readonly signature!: string;

  @BytesField({ optional: true, nullable: true, description: 'The user that the passkey was created for.' })
  readonly userHandle?: string | null;
}

@ApiSchema({ description: 'The use of a passkey as `toJSON()` of a browser returns it.' })
export class PasskeyCredentialDto extends CredentialDto implements AuthenticationCredential {
  @ObjectField(AssertionResponseDto, { description: 'What the authenticator returned.' })
  readonly response!: AssertionResponseDto;
}

@ApiSchema({ description: 'A passkey to log in with.' })
export class PasskeyLoginDto {
  @ObjectField(PasskeyCredentialDto, { description: 'What the browser returned.' })
  readonly credential!: PasskeyCredentialDto;
}
