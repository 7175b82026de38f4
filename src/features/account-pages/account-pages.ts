const mailIsOnItsWay = 'If the address belongs to an account, a mail is on its way. Its link works for a short time.';

/** The built-in pages, by the last segment of their path. */
export const accountPages = {
  'accept-invitation': {
    path: '/account/accept-invitation',
    title: 'Choose a password',
    asksFor: 'password',
    button: 'Set the password',
    done: { title: 'Welcome', text: 'Your password is set and your e-mail address confirmed. You can log in now.' },
    again: '/account/forgot-password',
  },
  'change-email': {
    path: '/account/change-email',
    title: 'Confirm your new e-mail address',
    button: 'Confirm',
    done: {
      title: 'Your e-mail address is changed',
      text: 'Log in with the new one from now on. A mail to the former one says how to undo it.',
    },
  },
  'forgot-password': {
    path: '/account/forgot-password',
    title: 'Forgot your password?',
    explanation: 'Enter the address of your account. A mail will lead you to where you choose a new password.',
    asksFor: 'address',
    button: 'Send the mail',
    done: { title: 'Look into your mailbox', text: mailIsOnItsWay },
  },
  'magic-link': {
    path: '/account/magic-link',
    title: 'Log in',
    button: 'Log in',
    done: { title: 'You are logged in', text: 'Send this access token as “Authorization: Bearer” with your requests.' },
    again: '/account/request-magic-link',
  },
  'request-magic-link': {
    path: '/account/request-magic-link',
    title: 'Log in by mail',
    explanation: 'Enter the address of your account. Open the link of the mail in this browser, and you are logged in.',
    asksFor: 'address',
    button: 'Send the mail',
    done: { title: 'Look into your mailbox', text: `${mailIsOnItsWay} Open it in this browser.` },
  },
  'resend-verification': {
    path: '/account/resend-verification',
    title: 'Confirm your e-mail address',
    explanation: 'Enter the address of your account to get another mail with a link that confirms it.',
    asksFor: 'address',
    button: 'Send the mail',
    done: {
      title: 'Look into your mailbox',
      text: 'If the address belongs to an account that nobody has confirmed yet, a mail is on its way.',
    },
  },
  'reset-password': {
    path: '/account/reset-password',
    title: 'Choose a new password',
    explanation: 'It ends all sessions of your account.',
    asksFor: 'password',
    button: 'Set the password',
    done: { title: 'Your password is changed', text: 'You can log in with it now.' },
    again: '/account/forgot-password',
  },
  'revert-email': {
    path: '/account/revert-email',
    title: 'Undo the change of your e-mail address',
    explanation: 'Your account gets this address back, all its sessions end, and its password is void.',
    button: 'Undo the change',
    done: {
      title: 'Your account is yours again',
      text: 'A mail is on its way to you. It leads to where you choose a new password.',
    },
  },
  'verify-email': {
    path: '/account/verify-email',
    title: 'Confirm your e-mail address',
    button: 'Confirm',
    done: { title: 'Thank you', text: 'Your e-mail address is confirmed. You can log in now.' },
    again: '/account/resend-verification',
  },
} as const;
