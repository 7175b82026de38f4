import type { LinkTemplate, SecurityNotification } from '../mail-templates.ts';

/** The words of one email, without markup: both forms of the email escape them. */
interface MailText {
  readonly subject: string;
  /** What happened, a paragraph each. Lists of emails show the beginning of the first one after the subject. */
  readonly paragraphs: readonly string[];
  /** What to do if the recipient did not cause it. */
  readonly otherwise?: string;
}

/** The words of an email with a link. */
interface LinkMailText extends MailText {
  readonly button: string;
}

/** The words that several emails have. */
interface SharedMailText {
  /** Precedes the URL of the button. */
  readonly plainUrl: string;
  /** Replaces a link that can no longer be used. */
  readonly linkUsed: string;
  /** @param duration such as `30 minutes` @param until date and time */
  readonly expiry: (duration: string, until: string) => string;
  readonly when: string;
  readonly where: string;
  readonly footer: string;
}

export type AccountMailTexts = Readonly<Record<LinkTemplate, LinkMailText> & Record<'account-exists', MailText>>;
export type SecurityNotificationTexts = Readonly<Record<SecurityNotification, MailText>>;

/** The emails in one language. */
export interface MailTexts {
  readonly shared: SharedMailText;
  readonly mails: AccountMailTexts & SecurityNotificationTexts;
}
