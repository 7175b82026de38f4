import { pages } from './en/pages.ts';
import type { Violation } from './violation.ts';

/** The texts of the hosted pages in English. */
export const en = {
  language: 'en',
  languageName: 'English',
  pages,
  fields: {
    code: 'Code of your authenticator app',
    displayName: 'Name',
    email: 'Email address',
    newPassword: 'New password',
    password: 'Password',
    recoveryCode: 'Recovery code',
  },
  optional: 'optional',
  showPassword: 'Show password',
  codeHint: 'Six digits.',
  recoveryCodeHint: 'One of the codes that you stored when you turned on the second factor. Each works once.',
  passwordAccepted: 'This password is accepted.',
  passwordRules: {
    length: (min: number): string => `At least ${min} characters; several words are easy to remember.`,
    context: 'Not only your name, your email address or the name of this service.',
    common: 'No common password, no keyboard row and no repeated word.',
    breached: 'Not known from a data breach.',
  },
  links: {
    account: 'Manage your account',
    forgotPassword: 'Forgot your password?',
    login: 'Log in',
    logout: 'Log out',
    magicLink: 'Log in with an emailed link',
    register: 'Create an account',
    requestAnother: 'Request another email',
    resend: 'Resend the confirmation email',
    startOver: 'Start the login again',
    useCode: 'Use your authenticator app',
    useRecoveryCode: 'Use a recovery code',
  },
  or: 'or',
  continue: 'Continue',
  continuationTitle: 'The login continues',
  continuation: 'The next page opens by itself.',
  continueAt: (host: string): string => `You continue at ${host}.`,
  loginExpiredTitle: 'The login has expired',
  loginExpired: 'It was not started in this browser, or too long ago.',
  continueWith: (provider: string): string => `Continue with ${provider}`,
  passkey: 'Log in with a passkey',
  passkeyFailed: 'The passkey was not used. Try again, or log in by other means.',
  passkeyRefused: 'The passkey is not valid for an account that can log in.',
  loggedInTitle: 'You are logged in',
  loggedInAs: (email: string): string => `This browser is logged in as ${email}.`,
  invalidLinkTitle: 'This link no longer works',
  invalidLink:
    'It is not complete, has been used, was replaced by a newer one, or has expired. If you have just submitted its ' +
    'form, the change was made.',
  errorTitle: 'Please check what you entered',
  failedTitle: 'That did not work',
  /** By the slug of the problem. */
  problems: {
    'attempts-in-progress': 'There are too many attempts at the same time. Try again in a few seconds.',
    'identity-not-linked':
      'No account is linked to this provider account. Log in by other means and link it in your account.',
    'invalid-credentials':
      'The email address and the password do not belong to an account that can log in. Check both. A new account ' +
      'works once its email address is confirmed.',
    'invalid-mfa':
      'The code is wrong, was used already, or the login has expired. Wait for the next code and try again.',
    'invalid-oauth-code': 'The login with the provider has expired. Start it again.',
    'oauth-login-refused': 'This account cannot log in. Contact support.',
    'provider-unavailable': 'The login provider does not respond. Try again later, or log in by other means.',
    'server-overloaded': 'The service is busy. Try again in a few seconds.',
  },
  tooManyAttempts: (minutes: number): string =>
    `Too many attempts. Try again in ${minutes === 1 ? 'one minute' : `${minutes} minutes`}.`,
  /** By the error that a provider login returns with. */
  providerErrors: {
    access_denied: 'The login was cancelled at the provider.',
    login_failed: 'The login at the provider failed. Try again, or log in by other means.',
    temporarily_unavailable: 'The provider is not available at the moment. Try again later.',
  },
  requestId: (id: string): string => `Request id: ${id}`,
  unknownProblem: 'The request failed. Try again later.',
  /** Why a value is invalid; the details of the API are in English. */
  violation: ({ field, detail }: Violation): string => {
    const subjects = {
      code: 'code',
      displayName: 'name',
      email: 'email address',
      newPassword: 'password',
      password: 'password',
    };
    return `The ${subjects[field]} ${detail}.`;
  },
};
