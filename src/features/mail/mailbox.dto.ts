import { StringField } from '../../platform/validation/fields.ts';
import { IgnoresUnknownMembers } from '../../platform/validation/validate-input.ts';

@IgnoresUnknownMembers()
export class MailboxQuery {
  @StringField({ max: 254, optional: true, description: 'Only emails to this email address.' })
  readonly to?: string;
}
