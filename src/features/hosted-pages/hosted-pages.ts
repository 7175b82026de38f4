import { Injectable } from '@nestjs/common';
import { Links } from '../../platform/config/links.ts';

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
  readonly fields?: 'email' | 'password';
  readonly button: string;
  readonly done: { readonly title: string; readonly text: string };
  /** The page to request another link when this one no longer works. */
  readonly again?: PageName;
}

/** A page as http/html/form-page.ts renders it. */
interface HostedPage extends Omit<PageText, 'again'> {
  readonly path: string;
  readonly requestPath?: string;
}

const emailSentNotice = 'If an account has this email address, we have sent an email. Its link expires soon.';

/** The texts of each page, by the last segment of its path. */
const texts: Readonly<Record<PageName, PageText>> = {
  'accept-invitation': {
    title: 'Choose a password',
    fields: 'password',
    button: 'Set the password',
    done: { title: 'Welcome', text: 'Your password is set and your email address is confirmed. You can log in now.' },
    again: 'forgot-password',
  },
  'change-email': {
    title: 'Confirm your new email address',
    button: 'Confirm',
    done: {
      title: 'Your email address was changed',
      text: 'Log in with the new email address from now on. An email to the previous one has a link to undo the change.',
    },
  },
  'forgot-password': {
    title: 'Forgot your password?',
    explanation: 'Enter the email address of your account. We will send an email with a link to choose a new password.',
    fields: 'email',
    button: 'Send the email',
    done: { title: 'Check your inbox', text: emailSentNotice },
  },
  'magic-link': {
    title: 'Log in',
    button: 'Log in',
    done: { title: 'You are logged in', text: 'Send this access token as “Authorization: Bearer” with your requests.' },
    again: 'request-magic-link',
  },
  'request-magic-link': {
    title: 'Log in with a magic link',
    explanation: 'Enter the email address of your account. Open the link in the email in this browser to log in.',
    fields: 'email',
    button: 'Send the email',
    done: { title: 'Check your inbox', text: `${emailSentNotice} Open it in this browser.` },
  },
  'resend-verification': {
    title: 'Confirm your email address',
    explanation: 'Enter the email address of your account to get another email with a confirmation link.',
    fields: 'email',
    button: 'Send the email',
    done: {
      title: 'Check your inbox',
      text: 'If an account with this email address is not confirmed yet, we have sent an email.',
    },
  },
  'reset-password': {
    title: 'Choose a new password',
    explanation: 'This ends all sessions of your account.',
    fields: 'password',
    button: 'Set the password',
    done: { title: 'Your password was changed', text: 'You can log in with it now.' },
    again: 'forgot-password',
  },
  'revert-email': {
    title: 'Undo the change of your email address',
    explanation:
      'This restores the previous email address of your account, ends all sessions, revokes API keys, and removes the ' +
      'password, linked accounts and recent second factors.',
    button: 'Undo the change',
    done: {
      title: 'Your email address was restored',
      text: 'We have sent an email with a link to choose a new password.',
    },
  },
  'verify-email': {
    title: 'Confirm your email address',
    button: 'Confirm',
    done: { title: 'Thank you', text: 'Your email address is confirmed. You can log in now.' },
    again: 'resend-verification',
  },
};

/** The hosted pages, with links below the public URL. */
@Injectable()
export class HostedPages {
  constructor(private readonly links: Links) {}

  page(name: PageName): HostedPage {
    const { again, ...text } = texts[name];
    return { ...text, path: this.pathOf(name), ...(again === undefined ? {} : { requestPath: this.pathOf(again) }) };
  }

  /** Returns the page of a route, if it is a hosted page. */
  at(route: string | undefined): HostedPage | undefined {
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
