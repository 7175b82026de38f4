import type { MailLink, MailPart } from './mail-body.ts';
import { htmlOf, textOf } from './mail-body.ts';

/** The mails there are. */
export type MailTemplate =
  | 'account-exists'
  | 'choose-password'
  | 'email-change'
  | 'email-changed'
  | 'invitation'
  | 'magic-link'
  | 'password-changed'
  | 'password-locked'
  | 'password-reset'
  | 'email-reverted'
  | 'reset-password'
  | 'sessions-ended'
  | 'verify-email';

/** A mail as its reader sees it. */
export interface WrittenMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
}

/** Where an invitation's link leads. */
export const invitationPath = '/accept-invitation';

/** Where each template's link leads, under the front end or under the built-in pages; those absent here have none. */
export const linkPaths: Partial<Record<MailTemplate, string>> = {
  'choose-password': invitationPath,
  'email-change': '/change-email',
  'email-changed': '/revert-email',
  invitation: invitationPath,
  'magic-link': '/magic-link',
  'reset-password': '/reset-password',
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
      'Somebody, perhaps you, tried to register with this address or to change to it. It has an account already: log in with it instead.',
      'If that was not you, there is nothing to do. Nothing has been changed.',
    ],
  }),
  'reset-password': (link) => ({
    subject: 'Choose a new password',
    parts: [
      'A new password has been asked for. Choose it here; it ends all sessions of the account:',
      linkTo('Choose a new password', link),
      'If that was not you, ignore this mail: the password stays as it is.',
    ],
  }),
  'email-change': (link) => ({
    subject: 'Confirm your new e-mail address',
    parts: [
      'Somebody, perhaps you, wants this to be the address of their account. Please confirm that it is yours:',
      linkTo('Confirm this address', link),
      'If that was not you, ignore this mail: nothing changes without the confirmation.',
    ],
  }),
  'email-changed': (link) => ({
    subject: 'Your e-mail address was changed',
    parts: [
      'Your account has another e-mail address now. If that was you, there is nothing to do.',
      'If it was not, take the account back. That restores this address, ends all sessions, and sends you a mail to choose a new password:',
      linkTo('Undo the change', link),
    ],
  }),
  'magic-link': (link) => ({
    subject: 'Log in',
    parts: [
      'Open this in the browser in which you asked for it, and you are logged in:',
      linkTo('Log in', link),
      'If you did not ask for it, ignore this mail. The link works in no other browser, and soon not at all.',
    ],
  }),
  'sessions-ended': () => ({
    subject: 'A session of your account was ended',
    parts: [
      'A key to one of your sessions was used a second time. That happens when somebody has copied it, so the session was ended, on every device that shared it.',
      'Log in again. If anything looks strange to you, change your password.',
    ],
  }),
  'password-changed': () => ({
    subject: 'Your password was changed',
    parts: [
      'The password of your account was changed by somebody who was logged in and knew the old one. All other sessions have ended.',
      'If that was not you, reset your password now.',
    ],
  }),
  'password-reset': () => ({
    subject: 'Your password was set',
    parts: [
      'A new password was set for your account, by a link that was mailed to this address. All sessions have ended.',
      'If that was not you, somebody reads your mail: secure your mailbox, then reset the password once more.',
    ],
  }),
  'email-reverted': () => ({
    subject: 'Your account has another address again',
    parts: [
      'The former address of your account has undone the change to this one. The account is no longer reached here, all sessions have ended, and its password is void.',
      'If you have not done that, and the account is yours, ask whoever runs the service.',
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
