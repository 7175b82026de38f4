/** The mails there are. */
export type MailTemplate = 'account-exists' | 'verify-email';

/** A mail as its reader sees it. */
export interface WrittenMail {
  readonly subject: string;
  readonly text: string;
  readonly links: readonly string[];
}

/** Where each template's link leads, under the front end or under the built-in pages. */
export const linkPaths: Partial<Record<MailTemplate, string>> = { 'verify-email': '/verify-email' };

const writers: Record<MailTemplate, (link: string | undefined) => Omit<WrittenMail, 'links'>> = {
  'verify-email': (link) => ({
    subject: 'Confirm your e-mail address',
    text: [
      'Welcome! Please confirm that this address is yours:',
      '',
      link ?? '(This link has been used or replaced by a newer one.)',
      '',
      'If you did not register, ignore this mail: without the confirmation nobody can use the account.',
    ].join('\n'),
  }),
  'account-exists': () => ({
    subject: 'You already have an account',
    text: [
      'Somebody, perhaps you, tried to register with this address. It has an account already: log in with it instead.',
      '',
      'If that was not you, there is nothing to do. Nothing has been changed.',
    ].join('\n'),
  }),
};

/** Writes a mail out; `link` is absent when its token can no longer be used. */
export function writeMail(template: MailTemplate, link: string | undefined): WrittenMail {
  return { ...writers[template](link), links: link === undefined ? [] : [link] };
}
