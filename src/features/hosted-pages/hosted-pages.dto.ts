import { AlsoValidatedBy } from '../../platform/validation/body-validator.ts';
import { EmailField, StringField } from '../../platform/validation/fields.ts';
import { IgnoresUnknownMembers } from '../../platform/validation/validate-input.ts';
import { tokenMember } from '../auth/one-time-tokens/index.ts';
import { LoginQuery } from './login-forms.dto.ts';
import { PasswordPolicy } from '../auth/passwords/index.ts';

/** The query of an emailed link. */
@IgnoresUnknownMembers()
export class LinkQuery {
  @StringField(tokenMember)
  readonly token!: string;
}

/** A form without input fields. */
@IgnoresUnknownMembers()
export class TokenForm {
  @StringField(tokenMember)
  readonly token!: string;
}

/** A form that sets a password. */
@AlsoValidatedBy(PasswordPolicy)
export class PasswordForm extends TokenForm {
  @StringField({ min: 1, max: 512, description: 'The new password.' })
  readonly newPassword!: string;
}

/** A form that requests an email. */
@IgnoresUnknownMembers()
export class EmailForm {
  @EmailField({ description: 'The email address of the account.' })
  readonly email!: string;
}

/** The form that requests a magic link. */
export class MagicLinkForm extends LoginQuery {
  @EmailField({ description: 'The email address of the account.' })
  readonly email!: string;
}

/** The form with a new password, while it is filled in: only the password is of interest. */
@IgnoresUnknownMembers()
export class PasswordCheckForm {
  @StringField({ max: 512, optional: true, description: 'The new password.' })
  readonly newPassword?: string;

  @StringField({ max: 512, optional: true, description: 'The new password of a registration.' })
  readonly password?: string;

  @StringField({ max: 254, optional: true, description: 'The email address of a registration.' })
  readonly email?: string;

  @StringField({ max: 80, optional: true, description: 'The name of a registration.' })
  readonly displayName?: string;
}
