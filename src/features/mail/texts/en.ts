import { accountMails } from './en/account-mails.ts';
import { securityNotifications } from './en/security-notifications.ts';
import type { MailTexts } from './mail-texts.ts';

/** The emails in English. */
export const en = (app: string): MailTexts => ({
  shared: {
    plainUrl: 'If the button does not work, copy this URL into the browser:',
    linkUsed: '(This link has been used or replaced by a newer one.)',
    expiry: (duration, until) => `The link works once, for ${duration}: until ${until}.`,
    when: 'When',
    where: 'Where',
    footer: `${app} sends this email automatically. Replies to it are not read.`,
  },
  mails: { ...accountMails(app), ...securityNotifications(app) },
});
