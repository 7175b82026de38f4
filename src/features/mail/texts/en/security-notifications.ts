import type { SecurityNotificationTexts } from '../mail-texts.ts';

/** The notifications about the security of an account, in English. */
export const securityNotifications = (app: string): SecurityNotificationTexts => ({
  'account-deleted': {
    subject: 'Your account was deleted',
    paragraphs: [
      `Your account at ${app} was deleted, and all its sessions were ended. It can be restored for 30 days; after ` +
        'that, its data is deleted permanently.',
    ],
    otherwise:
      'If you want it back, or did not delete it, contact support within 30 days. If its email address was changed ' +
      'in the last 7 days, the link in the email about that change restores the account as well.',
  },
  'api-key-created': {
    subject: 'An API key was created',
    paragraphs: [`An API key was created for your account at ${app}. A program can use it to act for you.`],
    otherwise: 'If that was not you, reset your password now, and revoke the API key.',
  },
  'email-reverted': {
    subject: 'The change of your email address was undone',
    paragraphs: [
      `The change of the email address of your account at ${app} to this one was undone from the previous email ` +
        'address. All sessions were ended, API keys were revoked, and the password, linked accounts and recent ' +
        'second factors were removed.',
    ],
    otherwise: 'If that was not you, and the account is yours, contact support.',
  },
  'identity-linked': {
    subject: 'A way to log in was added to your account',
    paragraphs: [
      `An account at another provider was linked to your account at ${app}: logging in with it now logs in to your ` +
        'account.',
    ],
    otherwise: 'If that was not you, unlink it in the settings of your account, and reset your password.',
  },
  'identity-unlinked': {
    subject: 'A way to log in was removed from your account',
    paragraphs: [
      `An account at another provider was unlinked from your account at ${app}: logging in with it no longer logs in ` +
        'to your account. All other sessions were ended.',
    ],
    otherwise: 'If that was not you, reset your password now.',
  },
  'mfa-factor-added': {
    subject: 'An authenticator app was added',
    paragraphs: [
      `An authenticator app was added to your account at ${app}. Logging in requires one of its codes, or a recovery ` +
        'code, from now on. All other sessions were ended.',
    ],
    otherwise: 'If that was not you, reset your password now, and contact support.',
  },
  'mfa-factor-deleted': {
    subject: 'An authenticator app was deleted',
    paragraphs: [`An authenticator app was deleted from your account at ${app}.`],
    otherwise: 'If that was not you, reset your password now, and add an authenticator app again.',
  },
  'mfa-locked': {
    subject: 'Your authenticator apps were locked',
    paragraphs: [
      `There were too many invalid codes in a row for your account at ${app}. Codes of your authenticator apps are ` +
        'not accepted until you use a recovery code or a passkey, or an administrator resets your second factors.',
    ],
    otherwise:
      'Every attempt had the right password or a session of your account. If that was not you, reset your password ' +
      'now.',
  },
  'mfa-reset': {
    subject: 'Your second factors were removed',
    paragraphs: [
      `An administrator removed all second factors and recovery codes from your account at ${app}, and ended all ` +
        'sessions. The next login requires your password only.',
    ],
    otherwise:
      'Log in and add a second factor again. If you did not request this, reset your password now, and contact ' +
      'support.',
  },
  'passkey-added': {
    subject: 'A passkey was added',
    paragraphs: [
      `A passkey was added to your account at ${app}. It can log in without your password, and logging in with your ` +
        'password requires a second factor from now on. All other sessions were ended.',
    ],
    otherwise: 'If that was not you, reset your password now, and contact support.',
  },
  'passkey-deleted': {
    subject: 'A passkey was deleted',
    paragraphs: [`A passkey was deleted from your account at ${app}. It can no longer log in.`],
    otherwise: 'If that was not you, reset your password now, and add a passkey again.',
  },
  'password-changed': {
    subject: 'Your password was changed',
    paragraphs: [
      `The password of your account at ${app} was changed in a logged-in session, with the previous password. All ` +
        'other sessions were ended.',
    ],
    otherwise: 'If that was not you, reset your password now.',
  },
  'password-reset': {
    subject: 'Your password was set',
    paragraphs: [
      `A new password was set for your account at ${app} with a link that was sent to this email address. All ` +
        'sessions were ended. API keys remain valid: revoke those that you do not know.',
    ],
    otherwise: 'If that was not you, your mailbox may be compromised: secure it, then reset the password again.',
  },
  'recovery-code-used': {
    subject: 'A recovery code was used',
    paragraphs: [`One of your recovery codes was used to log in to your account at ${app}. It cannot be used again.`],
    otherwise: 'If that was not you, reset your password now, and create new recovery codes.',
  },
  'recovery-codes-low': {
    subject: 'You have few recovery codes left',
    paragraphs: [
      `Three or fewer of your recovery codes for ${app} are left. Without them, and without your authenticator app, ` +
        'you cannot log in. Create new ones in the settings of your account.',
    ],
  },
  'sessions-ended': {
    subject: 'A session of your account was ended',
    paragraphs: [
      `A sign-in token of one of your sessions at ${app} was used twice, which suggests that it was copied. The ` +
        'session was ended on every device that shared it.',
    ],
    otherwise: 'Log in again. If you see activity that you do not recognize, change your password.',
  },
});
