const sent = 'If an account has this email address, we have sent an email. Its link expires soon.';

/** The words of each page in English. An empty text is left out. */
export const pages = {
  'accept-invitation': {
    title: 'Choose a password',
    explanation: 'Your account is ready. Choose a password to log in with.',
    button: 'Set the password',
    doneTitle: 'Welcome',
    done: 'Your password is set and your email address is confirmed. You can log in now.',
  },
  'change-email': {
    title: 'Confirm your new email address',
    explanation: 'Your account uses it from then on, also to log in.',
    button: 'Confirm',
    doneTitle: 'Your email address was changed',
    done: 'Log in with the new email address from now on. An email to the previous one has a link to undo the change.',
  },
  'forgot-password': {
    title: 'Forgot your password?',
    explanation: 'Enter the email address of your account. We will send an email with a link to choose a new password.',
    button: 'Send the email',
    doneTitle: 'Check your inbox',
    done: sent,
  },
  login: { title: 'Log in', explanation: '', button: 'Log in', doneTitle: '', done: '' },
  logout: {
    title: 'Log out',
    explanation: 'This ends the session of this browser. Other devices stay logged in.',
    button: 'Log out',
    doneTitle: 'You are logged out',
    done: 'The session of this browser has ended.',
  },
  'magic-link': {
    title: 'Log in',
    explanation: 'Use the browser in which you requested the link.',
    button: 'Log in',
    doneTitle: '',
    done: '',
  },
  register: {
    title: 'Create an account',
    explanation: '',
    button: 'Create the account',
    doneTitle: 'Check your inbox',
    done: 'We have sent an email to this address. Open its link to continue.',
  },
  'request-magic-link': {
    title: 'Log in with a magic link',
    explanation: 'Enter the email address of your account. Open the link in the email in this browser to log in.',
    button: 'Send the email',
    doneTitle: 'Check your inbox',
    done: `${sent} Open it in this browser.`,
  },
  'resend-verification': {
    title: 'Confirm your email address',
    explanation: 'Enter the email address of your account to get another email with a confirmation link.',
    button: 'Send the email',
    doneTitle: 'Check your inbox',
    done: 'If an account with this email address is not confirmed yet, we have sent an email.',
  },
  'reset-password': {
    title: 'Choose a new password',
    explanation: 'This ends all sessions of your account.',
    button: 'Set the password',
    doneTitle: 'Your password was changed',
    done: 'You can log in with it now.',
  },
  'revert-email': {
    title: 'Undo the change of your email address',
    explanation:
      'This restores the previous email address of your account, ends all sessions, revokes API keys, and removes ' +
      'the password, linked accounts and recent second factors.',
    button: 'Undo the change',
    doneTitle: 'Your email address was restored',
    done: 'We have sent an email with a link to choose a new password.',
  },
  'second-factor': {
    title: 'Confirm that it is you',
    explanation: 'Your account has a second factor.',
    button: 'Continue',
    doneTitle: '',
    done: '',
  },
  'verify-email': {
    title: 'Confirm your email address',
    explanation: 'Confirm that this email address is yours. Then you can log in.',
    button: 'Confirm',
    doneTitle: 'Thank you',
    done: 'Your email address is confirmed. You can log in now.',
  },
};
