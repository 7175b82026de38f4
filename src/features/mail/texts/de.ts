import { accountMails } from './de/account-mails.ts';
import { securityNotifications } from './de/security-notifications.ts';
import type { MailTexts } from './mail-texts.ts';

/** The emails in German. */
export const de = (app: string): MailTexts => ({
  shared: {
    plainUrl: 'Falls die Schaltfläche nicht funktioniert, kopieren Sie diese URL in den Browser:',
    linkUsed: '(Dieser Link wurde bereits verwendet oder durch einen neueren ersetzt.)',
    expiry: (duration, until) => `Der Link funktioniert einmal, ${duration} lang: bis ${until}.`,
    when: 'Wann',
    where: 'Wo',
    footer: `${app} versendet diese E-Mail automatisch. Antworten darauf werden nicht gelesen.`,
  },
  mails: { ...accountMails(app), ...securityNotifications(app) },
});
