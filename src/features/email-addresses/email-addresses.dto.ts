import { Email, Text } from '../../validation/fields.ts';

/** The address to verify. */
export class ResendVerificationDto {
  @Email({ description: 'The address of the account.' })
  readonly email!: string;
}

/** Where the account's mail shall go. */
export class ChangeEmailDto {
  @Email({ description: 'The address that is to be confirmed.' })
  readonly newEmail!: string;
}

/** A token from a mail about a change of address. */
export class EmailChangeTokenDto {
  @Text({
    min: 1,
    max: 128,
    description: 'The `token` of the mailed link.',
    example: 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k',
  })
  readonly token!: string;
}
