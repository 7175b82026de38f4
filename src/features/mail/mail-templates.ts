import type { MailContent, MailLink } from './mail-body.ts';
import { htmlOf, textOf } from './mail-body.ts';
import type { SecurityNotification } from './security-notifications.ts';
import { securityNotifications } from './security-notifications.ts';

/** The email templates. */
export type MailTemplate =
  | 'account-deleted'
  | 'account-exists'
  | 'choose-password'
  | 'email-change'
  | 'email-changed'
  | 'invitation'
  | 'magic-link'
  | 'mfa-factor-added'
  | 'mfa-factor-deleted'
  | 'password-changed'
  | 'password-locked'
  | 'password-reset'
  | 'email-reverted'
  | 'recovery-code-used'
  | 'recovery-codes-low'
  | 'reset-password'
  | 'sessions-ended'
  | 'verify-email'
  | SecurityNotification;

/** An email as its recipient sees it. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
}

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
  'account-deleted': () => ({
    subject: 'Your account was deleted',
    parts: [
      'Your account was deleted, and all its sessions were ended. It can be restored for 30 days; after that, its data ' +
        'is deleted permanently.',
      'If you want it back, or did not delete it, contact support within 30 days. If its email address was changed in ' +
        'the last 7 days, the link in the email about that change restores the account as well.',
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
  'sessions-ended': () => ({
    subject: 'A session of your account was ended',
    parts: [
      'A sign-in token of one of your sessions was used twice, which suggests that it was copied. The session was ' +
        'ended on every device that shared it.',
      'Log in again. If you see activity that you do not recognize, change your password.',
    ],
  }),
  'mfa-factor-added': () => ({
    subject: 'An authenticator app was added',
    parts: [
      'An authenticator app was added to your account. Logging in requires one of its codes, or a recovery code, from ' +
        'now on. All other sessions were ended.',
      'If that was not you, reset your password now, and contact support.',
    ],
  }),
  'mfa-factor-deleted': () => ({
    subject: 'An authenticator app was deleted',
    parts: [
      'An authenticator app was deleted from your account.',
      'If that was not you, reset your password now, and add an authenticator app again.',
    ],
  }),
  'recovery-code-used': () => ({
    subject: 'A recovery code was used',
    parts: [
      'One of your recovery codes was used to log in to your account. It cannot be used again.',
      'If that was not you, reset your password now, and create new recovery codes.',
    ],
  }),
  'recovery-codes-low': () => ({
    subject: 'You have few recovery codes left',
    parts: [
      'Three or fewer of your recovery codes are left. Without them, and without your authenticator app, you cannot log ' +
        'in. Create new ones in the settings of your account.',
    ],
  }),
  'password-changed': () => ({
    subject: 'Your password was changed',
    parts: [
      'The password of your account was changed in a logged-in session, with the previous password. All other ' +
        'sessions were ended.',
      'If that was not you, reset your password now.',
    ],
  }),
  'password-reset': () => ({
    subject: 'Your password was set',
    parts: [
      'A new password was set for your account with a link that was sent to this email address. All sessions were ' +
        'ended.',
      'If that was not you, your mailbox may be compromised: secure it, then reset the password again.',
    ],
  }),
  'email-reverted': () => ({
    subject: 'The change of your email address was undone',
    parts: [
      'The change of the email address of your account to this one was undone from the previous email address. All ' +
        'sessions were ended, API keys were revoked, and the password, linked accounts and recent second factors were ' +
        'removed.',
      'If that was not you, and the account is yours, contact support.',
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
