import { ApiSchema } from '@nestjs/swagger';
import { StringField } from '../../../platform/validation/fields.ts';

@ApiSchema({ description: 'The code with which the browser returned from a provider, and the verifier of the client.' })
export class OAuthCodeDto {
  @StringField({
    min: 1,
    max: 128,
    description: 'The parameter `code` of the redirect, valid once within a minute.',
    example: 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k',
  })
  readonly code!: string;

  @StringField({
    min: 43,
    max: 128,
    pattern: /^[A-Za-z0-9._~-]{43,128}$/,
    description: 'The verifier whose challenge started the login (RFC 7636).',
    example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  })
  readonly codeVerifier!: string;
}
