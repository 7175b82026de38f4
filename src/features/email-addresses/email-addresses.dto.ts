import { ApiSchema } from '@nestjs/swagger';
import { Email, Text } from '../../validation/fields.ts';

@ApiSchema({ description: 'The account whose email address is to be verified.' })
export class ResendVerificationDto {
  @Email({ description: 'The address of the account.' })
  readonly email!: string;
}

@ApiSchema({ description: 'The new email address of the account.' })
export class ChangeEmailDto {
  @Email({ description: 'The address that is to be confirmed.' })
  readonly newEmail!: string;
}

@ApiSchema({ description: 'The token of a mail about a change of email address.' })
export class EmailChangeTokenDto {
  @Text({
    min: 1,
    max: 128,
    description: 'The `token` of the mailed link.',
    example: 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k',
  })
  readonly token!: string;
}
