import type { MailContent, MailLink } from './mail-body.ts';
import { htmlOf, textOf } from './mail-body.ts';
import type { SecurityNotification } from './security-notifications.ts';
import { securityNotifications } from './security-notifications.ts';

/** The email templates. */
export type MailTemplate =
  | 'account-exists'
  | 'choose-password'
  | 'email-change'
  | 'email-changed'
  | 'invitation'
  | 'magic-link'
  | 'password-locked'
  | 'reset-password'
  | 'verify-email'
  | SecurityNotification;

/** An email as its recipient sees it. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
}

/** The path of an invitation's link. */
export const invitationPath = '/accept-invitation';

/** Notifications that are sent also when their link can no longer be used. */
export const linkOptional: readonly MailTemplate[] = ['password-locked'];

/** The path of each template's link, below the front end or the hosted pages; the other templates have none. */
export const linkPaths: Partial<Record<MailTemplate, string>> = {
  'choose-password': invitationPath,
  'email-change': '/change-email',
  'email-changed': '/revert-email',
  invitation: invitationPath,
  'magic-link': '/magic-link',
  'password-locked': '/reset-password',
  'reset-password': '/reset-password',
  'verify-email': '/verify-email',
};

const templates: Record<MailTemplate, (link: string | undefined) => MailContent> = {
  ...securityNotifications,
  'verify-email': (link) => ({
    subject: 'Confirm your email address',
    parts: [
      'Welcome! Please confirm that this email address is yours:',
      linkTo('Confirm this email address', link),
      'If you did not register, ignore this email: the account cannot be used without the confirmation.',
    ],
  }),
  invitation: (link) => ({
    subject: 'You are invited',
    parts: [
      'An account was created for you. Choose a password to activate it:',
      linkTo('Choose a password', link),
      'If you do not expect this, ignore this email: the account cannot be used without a password.',
    ],
  }),
  'choose-password': (link) => ({
    subject: 'Choose a password for your account',
    parts: [
      'This email address was used for registration more than once. Choose a password to activate the account:',
      linkTo('Choose a password', link),
      'If you did not register, ignore this email: the account cannot be used without a password.',
    ],
  }),
  'account-exists': () => ({
    subject: 'You already have an account',
    parts: [
      'There was an attempt to register with this email address, or to change an account to it. It already has an ' +
        'account: log in with it instead.',
      'If that was not you, no action is required. Nothing was changed.',
    ],
  }),
  'reset-password': (link) => ({
    subject: 'Choose a new password',
    parts: [
      'A new password was requested for your account. Choosing it ends all sessions:',
      linkTo('Choose a new password', link),
      'If that was not you, ignore this email: the password stays unchanged.',
    ],
  }),
  'email-change': (link) => ({
    subject: 'Confirm your new email address',
    parts: [
      'There is a request to use this email address for an account. Please confirm that it is yours:',
      linkTo('Confirm this email address', link),
      'If that was not you, ignore this email: nothing changes without the confirmation.',
    ],
  }),
  'email-changed': (link) => ({
    subject: 'Your email address was changed',
    parts: [
      'The email address of your account was changed. If that was you, no action is required.',
      'If that was not you, undo the change. This restores this email address, ends all sessions and sends you an ' +
        'email to choose a new password:',
      linkTo('Undo the change', link),
    ],
  }),
  'magic-link': (link) => ({
    subject: 'Log in',
    parts: [
      'Open this link in the browser in which you requested it to log in:',
      linkTo('Log in', link),
      'If you did not request it, ignore this email. The link works in no other browser and expires soon.',
    ],
  }),
  'password-locked': (link) => ({
    subject: 'Your password was locked',
    parts: [
      'There were too many failed attempts to log in to your account with a password. The password is locked: choose ' +
        'a new one before you log in with it again:',
      linkTo('Choose a new password', link),
      'Your sessions stay logged in. None of these attempts succeeded.',
    ],
  }),
};

/** Renders a template; `link` is undefined when its token can no longer be used. */
export function renderMail(template: MailTemplate, link: string | undefined): RenderedMail {
  const { subject, parts } = templates[template](link);
  return { subject, text: textOf(parts), html: htmlOf(subject, parts), links: link === undefined ? [] : [link] };
}

function linkTo(label: string, url: string | undefined): MailLink | string {
  return url === undefined ? '(This link has been used or replaced by a newer one.)' : { label, url };
}
