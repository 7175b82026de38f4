import type { NodemailerError } from 'nodemailer';
import { NonRetryableError } from '../../platform/queue/queue-errors.ts';

/** The server rejected this email permanently. */
class MailRejected extends NonRetryableError {
  override readonly name = 'MailRejected';

  constructor(response: string) {
    super(`The mail server rejected this email permanently: ${response.slice(0, 300)}`);
  }
}

/** The server was unreachable, or rejected the email temporarily. */
class SmtpFailed extends Error {
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

/** The server did not respond to several deliveries in a row; the job is retried later. */
export class SmtpUnavailable extends Error {
  override readonly name = 'SmtpUnavailable';

  constructor() {
    super('The mail server does not respond. The delivery is retried later.');
  }
}

/** No SMTP server is configured in production. */
export class SmtpNotConfigured extends Error {
  override readonly name = 'SmtpNotConfigured';

  constructor() {
    super('SMTP_URL is not set, so no email can be sent. Set it and restart; waiting emails are then delivered.');
  }
}

/** The error of nodemailer for a failed delivery; without a response of the server it has no `response`. */
export type SmtpFailure = Pick<NodemailerError, 'code' | 'command' | 'message' | 'permanent' | 'response'>;

/** Codes of nodemailer for a server that cannot be reached, or does not respond in time. */
const connectionErrors: ReadonlySet<unknown> = new Set(['ECONNECTION', 'EDNS', 'ESOCKET', 'ETIMEDOUT', 'ETLS']);

/** Whether the server did not respond at all: a rejection shows that it works. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, response } = error as Partial<SmtpFailure>;
  return response === undefined && connectionErrors.has(code);
}

/**
 * 5xx responses that can be resolved without changing the email: authentication required or failed (RFC 4954), a policy
 * or block list of the sender's network (RFC 3463, X.7), a full mailbox or an exceeded quota (X.2.2, X.4.5).
 */
const retryable5xx = /^5(?:30|34|35|38)\b|^5\d\d[ -]5\.(?:7\.\d+|2\.2|4\.5)\b/;

/**
 * Classifies a failed delivery: a 5xx response about this recipient or content is final, everything else is retried,
 * unreadable responses included. The error of the library is not kept as the cause: servers quote the rejected content,
 * and the log joins the messages of causes.
 */
export function toDeliveryError({ code, command, message, permanent, response }: SmtpFailure): Error {
  const reason = withoutTokens(response ?? message);
  const concernsEmail = (code === 'EENVELOPE' || code === 'EMESSAGE') && command !== 'MAIL FROM';
  const isFinal = concernsEmail && permanent === true && !retryable5xx.test(response ?? '');
  return isFinal ? new MailRejected(reason) : new SmtpFailed(reason);
}

/** Joins lines first: quoted-printable and multi-line responses can split a token. */
function withoutTokens(text: string): string {
  return text
    .replaceAll(/=\r?\n(?:\d{3}[ -])?/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/token=[^\s&"'<>]+/gi, 'token=…');
}
