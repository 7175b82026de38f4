import { ApiSchema } from '@nestjs/swagger';
import { EmailField, StringField } from '../../../platform/validation/fields.ts';
import { tokenMember } from '../one-time-tokens/index.ts';

@ApiSchema({ description: 'The account whose email address is to be verified.' })
export class ResendVerificationDto {
  @EmailField({ description: 'The email address of the account.' })
  readonly email!: string;
}

@ApiSchema({ description: 'The new email address of the account.' })
export class ChangeEmailDto {
  @EmailField({ description: 'The new email address.' })
  readonly newEmail!: string;
}

@ApiSchema({ description: 'The token of an email about a change of the email address.' })
export class EmailChangeTokenDto {
  @StringField(tokenMember)
  readonly token!: string;
}
