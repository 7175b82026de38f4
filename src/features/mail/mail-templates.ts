/** The path of an invitation's link. */
export const invitationPath = '/accept-invitation';

/** The path of each template's link, below the front end or the hosted pages; the other templates have none. */
const linkPaths = {
  'choose-password': invitationPath,
  'email-change': '/change-email',
  'email-changed': '/revert-email',
  invitation: invitationPath,
  'magic-link': '/magic-link',
  'password-locked': '/reset-password',
  'reset-password': '/reset-password',
  'verify-email': '/verify-email',
} as const;

/** Emails with a link. */
export type LinkTemplate = keyof typeof linkPaths;

/** Notifications about the security of an account that have no link. */
export type SecurityNotification =
  | 'account-deleted'
  | 'api-key-created'
  | 'email-reverted'
  | 'identity-linked'
  | 'identity-unlinked'
  | 'mfa-factor-added'
  | 'mfa-factor-deleted'
  | 'mfa-locked'
  | 'mfa-reset'
  | 'passkey-added'
  | 'passkey-deleted'
  | 'password-changed'
  | 'password-reset'
  | 'recovery-code-used'
  | 'recovery-codes-low'
  | 'sessions-ended';

export type MailTemplate = LinkTemplate | SecurityNotification | 'account-exists';

/** Notifications that are sent also when their link can no longer be used. */
export const linkOptional: readonly MailTemplate[] = ['password-locked'];

/**
 * Emails that show the IP address and the browser of the request. Absent are emails whose recipient may be another
 * person than the one who sent the request: an invited user, an administrator's user, the owner of an email address
 * that was entered, an attacker who had changed the email address.
 */
const withOrigin: readonly MailTemplate[] = [
  ...(['email-changed', 'magic-link', 'password-locked', 'reset-password'] as const),
  ...(['api-key-created', 'identity-linked', 'identity-unlinked', 'mfa-factor-added', 'mfa-factor-deleted'] as const),
  ...(['mfa-locked', 'passkey-added', 'passkey-deleted', 'password-changed', 'password-reset'] as const),
  ...(['recovery-code-used', 'sessions-ended'] as const),
];

/** The paths of the links. */
export const mailLinkPaths: readonly string[] = Object.values(linkPaths);

/** Whether the email shows where the request came from. */
export function showsOrigin(template: MailTemplate): boolean {
  return withOrigin.includes(template);
}

/** The path of the template's link, undefined when it has none. */
export function linkPathOf(template: MailTemplate): string | undefined {
  const paths: Partial<Record<MailTemplate, string>> = linkPaths;
  return paths[template];
}
