import type { MailTexts } from './mail-texts.ts';

/** The emails in English. All of them are in one file, so that a translation is one file. */
export const en = (app: string): MailTexts => ({
  shared: {
    plainUrl: 'If the button does not work, copy this URL into the browser:',
    linkUsed: '(This link has been used or replaced by a newer one.)',
    expiry: (duration, until) => `The link works once, for ${duration}: until ${until}.`,
    when: 'When',
    where: 'Where',
    footer: `${app} sends this email automatically. Replies to it are not read.`,
  },
  mails: {
    'verify-email': {
      subject: 'Confirm your email address',
      paragraphs: [`Welcome to ${app}! Please confirm that this email address is yours:`],
      button: 'Confirm this email address',
      otherwise: 'If you did not register, ignore this email: the account cannot be used without the confirmation.',
    },
    invitation: {
      subject: 'You are invited',
      paragraphs: [`An account at ${app} was created for you. Choose a password to activate it:`],
      button: 'Choose a password',
      otherwise: 'If you do not expect this, ignore this email: the account cannot be used without a password.',
    },
    'choose-password': {
      subject: 'Choose a password for your account',
      paragraphs: [
        `This email address was used more than once to register at ${app}. Choose a password to activate the account:`,
      ],
      button: 'Choose a password',
      otherwise: 'If you did not register, ignore this email: the account cannot be used without a password.',
    },
    'account-exists': {
      subject: 'You already have an account',
      paragraphs: [
        `There was an attempt to register at ${app} with this email address, or to change an account to it. It already ` +
          'has an account: log in with it instead.',
      ],
      otherwise: 'If that was not you, no action is required. Nothing was changed.',
    },
    'reset-password': {
      subject: 'Choose a new password',
      paragraphs: [`A new password was requested for your account at ${app}. Choosing it ends all sessions:`],
      button: 'Choose a new password',
      otherwise: 'If that was not you, ignore this email: the password stays unchanged.',
    },
    'email-change': {
      subject: 'Confirm your new email address',
      paragraphs: [
        `There is a request to use this email address for an account at ${app}. Please confirm that it is yours:`,
      ],
      button: 'Confirm this email address',
      otherwise: 'If that was not you, ignore this email: nothing changes without the confirmation.',
    },
    'email-changed': {
      subject: 'Your email address was changed',
      paragraphs: [
        `The email address of your account at ${app} was changed. If that was you, no action is required.`,
        'If that was not you, undo the change. This restores this email address, ends all sessions and sends you an ' +
          'email to choose a new password:',
      ],
      button: 'Undo the change',
    },
    'magic-link': {
      subject: 'Log in',
      paragraphs: [`Open this link in the browser in which you requested it to log in to ${app}:`],
      button: 'Log in',
      otherwise: 'If you did not request it, ignore this email. The link works in no other browser.',
    },
    'password-locked': {
      subject: 'Your password was locked',
      paragraphs: [
        `There were too many failed attempts to log in to your account at ${app} with a password. The password is ` +
          'locked: choose a new one before you log in with it again:',
      ],
      button: 'Choose a new password',
      otherwise: 'Your sessions stay logged in. None of these attempts succeeded.',
    },
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
          'sessions were ended.',
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
  },
});
