import type { AccountMailTexts } from '../mail-texts.ts';

/** The emails that lead to the next step of a registration, a login or a change, in English. */
export const accountMails = (app: string): AccountMailTexts => ({
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
});
