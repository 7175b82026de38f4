/** What a mailed token may be spent on. */
export type MailedTokenPurpose =
  'email-change' | 'email-revert' | 'invitation' | 'magic-link' | 'reset-password' | 'setup' | 'verify-email';

/** Whom a token speaks for, and the address that proved to receive it. */
export interface MailedTokenSubject {
  readonly userId: string;
  readonly address: string;
}
