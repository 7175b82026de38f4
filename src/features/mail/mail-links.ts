import type { MailTemplate } from './mail-templates.ts';

/** The path of an invitation's link. */
export const invitationPath = '/accept-invitation';

/** Notifications that are sent also when their link can no longer be used. */
export const linkOptional: readonly MailTemplate[] = ['password-locked'];

/** The path of each template's link, below the front end or the hosted pages; the other templates have none. */
export const linkPaths: Partial<Record<MailTemplate, string>> = {
  'choose-password': invitationPath,
  'email-change': '/change-email',
  'email-changed': '/revert-email',
  invitation: invitationPath,
  'magic-link': '/magic-link',
  'password-locked': '/reset-password',
  'reset-password': '/reset-password',
  'verify-email': '/verify-email',
};
