import { mailbox, smtpUrl } from './values.ts';
import type { Variable } from './variable.ts';

/** How mails leave. */
export const mailVariables = {
  SMTP_URL: {
    section: 'Mail',
    about:
      'The server that mails go out by: smtp://user:password@host:port or smtps://; ?requireTLS=true insists on STARTTLS. Without it development shows mails at /dev/mailbox; in production they wait for hours, then their jobs die.',
    schema: smtpUrl,
    secret: true,
  },
  MAIL_FROM: {
    section: 'Mail',
    about: 'The sender of mails. Production refuses an address @localhost beside SMTP_URL.',
    schema: mailbox,
    default: 'Plinth <no-reply@localhost>',
  },
} satisfies Record<string, Variable>;
