import type { MailContent } from './mail-body.ts';

/** The emails about the security of an account that have no link. */
export const securityNotifications = {
  'api-key-created': () => ({
    subject: 'An API key was created',
    parts: [
      'An API key was created for your account. A program can use it to act for you.',
      'If that was not you, reset your password now, and revoke the API key.',
    ],
  }),
  'identity-linked': () => ({
    subject: 'A way to log in was added to your account',
    parts: [
      'An account at another provider was linked to your account: logging in with it now logs in to your account.',
      'If that was not you, unlink it in the settings of your account, and reset your password.',
    ],
  }),
  'identity-unlinked': () => ({
    subject: 'A way to log in was removed from your account',
    parts: [
      'An account at another provider was unlinked from your account: logging in with it no longer logs in to your ' +
        'account. All other sessions were ended.',
      'If that was not you, reset your password now.',
    ],
  }),
  'mfa-locked': () => ({
    subject: 'Your authenticator apps were locked',
    parts: [
      'There were too many invalid codes in a row for your account. Codes of your authenticator apps are not accepted ' +
        'until you use a recovery code or a passkey, or an administrator resets your second factors.',
      'Every attempt had the right password or a session of your account. If that was not you, reset your password now.',
    ],
  }),
  'mfa-reset': () => ({
    subject: 'Your second factors were removed',
    parts: [
      'An administrator removed all second factors and recovery codes from your account, and ended all sessions. The ' +
        'next login requires your password only.',
      'Log in and add a second factor again. If you did not request this, reset your password now, and contact support.',
    ],
  }),
  'passkey-added': () => ({
    subject: 'A passkey was added',
    parts: [
      'A passkey was added to your account. It can log in without your password, and logging in with your password ' +
        'requires a second factor from now on. All other sessions were ended.',
      'If that was not you, reset your password now, and contact support.',
    ],
  }),
  'passkey-deleted': () => ({
    subject: 'A passkey was deleted',
    parts: [
      'A passkey was deleted from your account. It can no longer log in.',
      'If that was not you, reset your password now, and add a passkey again.',
    ],
  }),
} satisfies Record<string, () => MailContent>;

export type SecurityNotification = keyof typeof securityNotifications;
