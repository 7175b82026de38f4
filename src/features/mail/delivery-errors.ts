import { NonRetryableError } from '../../platform/queue/queue-errors.ts';

/** The server rejected this email permanently. */
export class MailRejected extends NonRetryableError {
  override readonly name = 'MailRejected';

  constructor(response: string) {
    super(`The mail server rejected this email permanently: ${response.slice(0, 300)}`);
  }
}

/** The server was unreachable, or rejected the email temporarily. */
export class SmtpFailed extends Error {
  override readonly name = 'SmtpFailed';

  constructor(response: string) {
    super(`The mail server did not accept this email: ${response.slice(0, 300)}`);
  }
}

/** All connections to the server are busy; the job is retried later. */
export class SmtpBusy extends Error {
  override readonly name = 'SmtpBusy';

  constructor() {
    super('The mail server is slow, and other emails are waiting for it. The delivery is retried later.');
  }
}

/** No SMTP server is configured in production. */
export class SmtpNotConfigured extends Error {
  override readonly name = 'SmtpNotConfigured';

  constructor() {
    super('SMTP_URL is not set, so no email can be sent. Set it and restart; waiting emails are then delivered.');
  }
}
