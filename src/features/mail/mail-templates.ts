import type { MailLink, MailPart } from './mail-body.ts';
import { htmlOf, textOf } from './mail-body.ts';

/** The mails there are. */
export type MailTemplate =
  'account-exists' | 'choose-password' | 'invitation' | 'password-changed' | 'password-locked' | 'verify-email';

/** A mail as its reader sees it. */
export interface WrittenMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
}

/** Where each template's link leads, under the front end or under the built-in pages; those absent here have none. */
export const linkPaths: Partial<Record<MailTemplate, string>> = {
  'choose-password': '/accept-invitation',
  invitation: '/accept-invitation',
  'verify-email': '/verify-email',
};

interface Letter {
  readonly subject: string;
  readonly parts: readonly MailPart[];
}

const writers: Record<MailTemplate, (link: string | undefined) => Letter> = {
  'verify-email': (link) => ({
    subject: 'Confirm your e-mail address',
    parts: [
      'Welcome! Please confirm that this address is yours:',
      linkTo('Confirm this address', link),
      'If you did not register, ignore this mail: without the confirmation nobody can use the account.',
    ],
  }),
  invitation: (link) => ({
    subject: 'You are invited',
    parts: [
      'Somebody has made an account for you. Choose a password, and it is yours:',
      linkTo('Choose a password', link),
      'If you do not expect this, ignore this mail: without a password nobody can use the account.',
    ],
  }),
  'choose-password': (link) => ({
    subject: 'Choose a password for your account',
    parts: [
      'Somebody, perhaps you, has registered with this address more than once. Choose a password, and the account is yours:',
      linkTo('Choose a password', link),
      'If you did not register, ignore this mail: without a password nobody can use the account.',
    ],
  }),
  'account-exists': () => ({
    subject: 'You already have an account',
    parts: [
      'Somebody, perhaps you, tried to register with this address. It has an account already: log in with it instead.',
      'If that was not you, there is nothing to do. Nothing has been changed.',
    ],
  }),
  'password-changed': () => ({
    subject: 'Your password was changed',
    parts: [
      'The password of your account was changed by somebody who was logged in and knew the old one. All other sessions have ended.',
      'If that was not you, reset your password now.',
    ],
  }),
  'password-locked': () => ({
    subject: 'Your password was locked',
    parts: [
      'Somebody has tried many wrong passwords for your account, one after the other. Its password does not count any more: reset it by mail before you log in again.',
      'Where you are logged in you stay logged in. Nobody has got in by this.',
    ],
  }),
};

/** Writes a mail out; `link` is absent when its token can no longer be used. */
export function writeMail(template: MailTemplate, link: string | undefined): WrittenMail {
  const { subject, parts } = writers[template](link);
  return { subject, text: textOf(parts), html: htmlOf(subject, parts), links: link === undefined ? [] : [link] };
}

function linkTo(label: string, url: string | undefined): MailLink | string {
  return url === undefined ? '(This link has been used or replaced by a newer one.)' : { label, url };
}
