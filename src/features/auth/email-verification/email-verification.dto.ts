import { ApiSchema } from '@nestjs/swagger';
import { EmailField, StringField } from '../../../platform/validation/fields.ts';

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
  @StringField({
    min: 1,
    max: 128,
    description: 'The `token` of the emailed link.',
    example: 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k',
  })
  readonly token!: string;
}
