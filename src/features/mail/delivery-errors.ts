import { Unrecoverable } from '../../queue/queue-errors.ts';

/** The server does not take this mail, and won't another time. */
export class MailRefused extends Unrecoverable {
  override readonly name = 'MailRefused';

  constructor(said: string) {
    super(`The mail server refused this mail for good: ${said.slice(0, 300)}`);
  }
}

/** The server could not be reached, or did not take the mail this time. */
export class MailServerFailed extends Error {
  override readonly name = 'MailServerFailed';

  constructor(said: string) {
    super(`The mail server did not take this mail: ${said.slice(0, 300)}`);
  }
}

/** Other mails wait for a slow server; this one comes back later. */
export class MailServerBusy extends Error {
  override readonly name = 'MailServerBusy';

  constructor() {
    super('The mail server is slow and other mails are waiting for it. This one is tried again later.');
  }
}

/** Production has nothing to send mails with. */
export class MailServerMissing extends Error {
  override readonly name = 'MailServerMissing';

  constructor() {
    super('SMTP_URL is not set, so no mail can be sent. Set it and restart; waiting mails go out then.');
  }
}
