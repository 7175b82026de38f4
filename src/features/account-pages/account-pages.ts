import { Injectable } from '@nestjs/common';
import { Links } from '../../config/links.ts';

type PageName =
  | 'accept-invitation'
  | 'change-email'
  | 'forgot-password'
  | 'magic-link'
  | 'request-magic-link'
  | 'resend-verification'
  | 'reset-password'
  | 'revert-email'
  | 'verify-email';

interface PageText {
  readonly title: string;
  readonly explanation?: string;
  readonly asksFor?: 'address' | 'password';
  readonly button: string;
  readonly done: { readonly title: string; readonly text: string };
  /** Where another link is to be had when this one no longer works. */
  readonly again?: PageName;
}

/** A page as http/html/form-page.ts shows it. */
interface AccountPage extends Omit<PageText, 'again'> {
  readonly path: string;
  readonly again?: string;
}

const mailIsOnItsWay = 'If the address belongs to an account, a mail is on its way. Its link works for a short time.';

/** What each page says, by the last segment of its path. */
const texts: Readonly<Record<PageName, PageText>> = {
  'accept-invitation': {
    title: 'Choose a password',
    asksFor: 'password',
    button: 'Set the password',
    done: { title: 'Welcome', text: 'Your password is set and your e-mail address confirmed. You can log in now.' },
    again: 'forgot-password',
  },
  'change-email': {
    title: 'Confirm your new e-mail address',
    button: 'Confirm',
    done: {
      title: 'Your e-mail address is changed',
      text: 'Log in with the new one from now on. A mail to the former one says how to undo it.',
    },
  },
  'forgot-password': {
    title: 'Forgot your password?',
    explanation: 'Enter the address of your account. A mail will lead you to where you choose a new password.',
    asksFor: 'address',
    button: 'Send the mail',
    done: { title: 'Look into your mailbox', text: mailIsOnItsWay },
  },
  'magic-link': {
    title: 'Log in',
    button: 'Log in',
    done: { title: 'You are logged in', text: 'Send this access token as “Authorization: Bearer” with your requests.' },
    again: 'request-magic-link',
  },
  'request-magic-link': {
    title: 'Log in by mail',
    explanation: 'Enter the address of your account. Open the link of the mail in this browser, and you are logged in.',
    asksFor: 'address',
    button: 'Send the mail',
    done: { title: 'Look into your mailbox', text: `${mailIsOnItsWay} Open it in this browser.` },
  },
  'resend-verification': {
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
    title: 'Choose a new password',
    explanation: 'It ends all sessions of your account.',
    asksFor: 'password',
    button: 'Set the password',
    done: { title: 'Your password is changed', text: 'You can log in with it now.' },
    again: 'forgot-password',
  },
  'revert-email': {
    title: 'Undo the change of your e-mail address',
    explanation: 'Your account gets this address back, all its sessions end, and its password is void.',
    button: 'Undo the change',
    done: {
      title: 'Your account is yours again',
      text: 'A mail is on its way to you. It leads to where you choose a new password.',
    },
  },
  'verify-email': {
    title: 'Confirm your e-mail address',
    button: 'Confirm',
    done: { title: 'Thank you', text: 'Your e-mail address is confirmed. You can log in now.' },
    again: 'resend-verification',
  },
};

/** The built-in pages, with links that arrive from where browsers are. */
@Injectable()
export class AccountPages {
  constructor(private readonly links: Links) {}

  page(name: PageName): AccountPage {
    const { again, ...text } = texts[name];
    return { ...text, path: this.pathOf(name), ...(again === undefined ? {} : { again: this.pathOf(again) }) };
  }

  /** The page that this route answers with, if it is one of theirs. */
  at(route: string | undefined): AccountPage | undefined {
    const name = route?.replace(/^\/account\//, '') ?? '';
    return isPageName(name) ? this.page(name) : undefined;
  }

  private pathOf(name: PageName): string {
    return this.links.path(`/account/${name}`);
  }
}

function isPageName(name: string): name is PageName {
  return Object.hasOwn(texts, name);
}
