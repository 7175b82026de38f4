import { Email, Text } from '../../validation/fields.ts';
import { IgnoresUnknownMembers } from '../../validation/validated.ts';

const token = { min: 1, max: 128, description: 'The token of the mailed link.' } as const;

/** What a mailed link carries. */
@IgnoresUnknownMembers()
export class LinkQuery {
  @Text(token)
  readonly token!: string;
}

/** A form whose button is all there is to it. */
@IgnoresUnknownMembers()
export class TokenForm {
  @Text(token)
  readonly token!: string;
}

/** A form that sets a password. */
export class PasswordForm extends TokenForm {
  @Text({ min: 1, max: 512, description: 'The new password.' })
  readonly newPassword!: string;
}

/** A form that asks for a mail. */
@IgnoresUnknownMembers()
export class AddressForm {
  @Email({ description: 'The address of the account.' })
  readonly email!: string;
}
