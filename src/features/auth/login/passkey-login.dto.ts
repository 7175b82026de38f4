import { ApiSchema } from '@nestjs/swagger';
import { StringField } from '../../../platform/validation/fields.ts';
import { ObjectArrayField } from '../../../platform/validation/list-fields.ts';
import type { RequestOptions } from '../passkeys/index.ts';
import { ChallengeField, CredentialDescriptorDto, RequirementField, TimeoutField } from '../passkeys/index.ts';

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
