import type { NodemailerError } from 'nodemailer';
import { MailRejected, SmtpFailed } from './delivery-errors.ts';

/** The error of nodemailer for a failed delivery; without a response of the server it has no `response`. */
export type SmtpFailure = Pick<NodemailerError, 'code' | 'command' | 'message' | 'permanent' | 'response'>;

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
