import { ApiSchema } from '@nestjs/swagger';
import { StringField } from '../../../platform/validation/fields.ts';
import { ObjectArrayField } from '../../../platform/validation/list-fields.ts';
import { ObjectField } from '../../../platform/validation/object-fields.ts';
import type { AuthenticationCredential, RequestOptions } from '../passkeys/index.ts';
import {
  AttachmentField,
  BytesField,
  ChallengeField,
  CredentialDescriptorDto,
  CredentialTypeField,
  ExtensionResultsField,
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
export class PasskeyCredentialDto implements AuthenticationCredential {
  @BytesField({ description: 'The id that the authenticator chose.' }, 'id')
  readonly id!: string;

  @BytesField({ description: 'The same id.' }, 'id')
  readonly rawId!: string;

  @CredentialTypeField()
  readonly type!: string;

  @ObjectField(AssertionResponseDto, { description: 'What the authenticator returned.' })
  readonly response!: AssertionResponseDto;

  @AttachmentField()
  readonly authenticatorAttachment?: string | null;

  @ExtensionResultsField()
  readonly clientExtensionResults?: object;
}

@ApiSchema({ description: 'A passkey to log in with.' })
export class PasskeyLoginDto {
  @ObjectField(PasskeyCredentialDto, { description: 'What the browser returned.' })
  readonly credential!: PasskeyCredentialDto;
}
