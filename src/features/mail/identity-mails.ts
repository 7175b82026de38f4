import type { MailContent } from './mail-body.ts';

/** Notifications about accounts at login providers. */
export const identityMails = {
  'identity-linked': (): MailContent => ({
    subject: 'A way to log in was added to your account',
    parts: [
      'An account at another provider was linked to your account: logging in with it now logs in to your account.',
      'If that was not you, unlink it in the settings of your account, and reset your password.',
    ],
  }),
  'identity-unlinked': (): MailContent => ({
    subject: 'A way to log in was removed from your account',
    parts: [
      'An account at another provider was unlinked from your account: logging in with it no longer logs in to your ' +
        'account. All other sessions were ended.',
      'If that was not you, reset your password now.',
    ],
  }),
};
