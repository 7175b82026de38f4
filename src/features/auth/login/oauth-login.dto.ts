import { ApiSchema } from '@nestjs/swagger';
import { StringField } from '../../../platform/validation/fields.ts';
import { codeMember, codeVerifierMember } from '../oauth/index.ts';

@ApiSchema({ description: 'The code with which the browser returned from a provider, and the verifier of the client.' })
export class ExchangeOAuthCodeDto {
  @StringField(codeMember)
  readonly code!: string;

  @StringField(codeVerifierMember)
  readonly codeVerifier!: string;
}
