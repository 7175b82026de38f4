import { Text } from '../../validation/fields.ts';
import { IgnoresUnknownMembers } from '../../validation/validated.ts';

@IgnoresUnknownMembers()
export class MailboxQuery {
  @Text({ max: 254, optional: true, description: 'Only mails to this address.' })
  readonly to?: string;
}
