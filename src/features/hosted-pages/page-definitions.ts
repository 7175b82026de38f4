import { mailLinkPaths } from '../mail/index.ts';
import type { LinkName, PageName } from './texts/texts.ts';
import type { FieldName } from './texts/violation.ts';

/** What a page consists of besides its texts. */
interface PageDefinition {
  readonly fields: readonly FieldName[];
  /** Links below the form. */
  readonly links: readonly LinkName[];
  /** Links of the confirmation; the first is a button. */
  readonly next: readonly LinkName[];
  /** The first link when the link that opened the page is invalid; the others follow. */
  readonly again: readonly LinkName[];
}

const noLinks = { links: [], next: ['login'], again: ['login'] } as const;

export const pageDefinitions: Readonly<Record<PageName, PageDefinition>> = {
  'accept-invitation': { ...noLinks, fields: ['newPassword'], again: ['requestAnother', 'login'] },
  'change-email': { ...noLinks, fields: [] },
  'forgot-password': { ...noLinks, fields: ['email'], links: ['login'] },
  login: { ...noLinks, fields: ['email', 'password'], links: ['forgotPassword', 'magicLink', 'register'] },
  logout: { ...noLinks, fields: [], links: ['account'] },
  'magic-link': { ...noLinks, fields: [], again: ['magicLink', 'login'] },
  register: { ...noLinks, fields: ['displayName', 'email', 'password'], links: ['login'], next: ['login', 'resend'] },
  'request-magic-link': { ...noLinks, fields: ['email'], links: ['login'] },
  'resend-verification': { ...noLinks, fields: ['email'], links: ['login'] },
  'reset-password': { ...noLinks, fields: ['newPassword'], again: ['requestAnother', 'login'] },
  'revert-email': { ...noLinks, fields: [] },
  'second-factor': { ...noLinks, fields: ['code'], links: ['startOver'] },
  'verify-email': { ...noLinks, fields: [], again: ['resend', 'login'] },
};

/** Whether this is the route of a page that an emailed link opens: its URL contains a token. */
export function isLinkRoute(route: string | undefined): boolean {
  return mailLinkPaths.some((path) => route === `/account${path}`);
}

/** Where the links lead to, below the public URL. */
export const linkPaths: Readonly<Record<LinkName, string>> = {
  account: '/admin/#/account',
  forgotPassword: '/account/forgot-password',
  login: '/account/login',
  logout: '/account/logout',
  magicLink: '/account/request-magic-link',
  register: '/account/register',
  requestAnother: '/account/forgot-password',
  resend: '/account/resend-verification',
  startOver: '/account/login',
  useCode: '/account/second-factor',
  useRecoveryCode: '/account/second-factor?method=recovery-code',
};
