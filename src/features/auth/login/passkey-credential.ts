import { ApiSchema } from '@nestjs/swagger';
import { ObjectField } from '../../../platform/validation/object-fields.ts';
import type { AuthenticationCredential } from '../passkeys/index.ts';
import { BytesField, CredentialDto } from '../passkeys/index.ts';

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
