import type { NodemailerError } from 'nodemailer';
import { MailRefused, MailServerFailed } from './delivery-errors.ts';

/** What nodemailer says of a mail that was not taken; without a reply of the server it has no `response`. */
export type SmtpFailure = Pick<NodemailerError, 'code' | 'command' | 'message' | 'permanent' | 'response'>;

/**
 * Refusals that somebody mends without touching the mail, whatever their 5 promises: the login is asked for or refused
 * (RFC 4954), the policy or block list is about us or our network (RFC 3463, X.7), the recipient's box or our own quota
 * is full (X.2.2, X.4.5).
 */
const canBeMended = /^5(?:30|34|35|38)\b|^5\d\d[ -]5\.(?:7\.\d+|2\.2|4\.5)\b/;

/**
 * What a failed hand-over means for the mail: a 5xx about this recipient or this text is final, everything else is tried
 * again, a reply that can't be read included. The error of the library goes no further: it holds what the server said,
 * servers quote what they refuse, and the log joins the messages of causes.
 */
export function deliveryFailure({ code, command, message, permanent, response }: SmtpFailure): Error {
  const said = withoutTokens(response ?? message);
  const aboutTheMail = (code === 'EENVELOPE' || code === 'EMESSAGE') && command !== 'MAIL FROM';
  const final = aboutTheMail && permanent === true && !canBeMended.test(response ?? '');
  return final ? new MailRefused(said) : new MailServerFailed(said);
}

/** On one line; quoted-printable cuts lines, and with them tokens, and a reply puts its code before each line. */
function withoutTokens(text: string): string {
  return text
    .replaceAll(/=\r?\n(?:\d{3}[ -])?/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/token=[^\s&"'<>]+/gi, 'token=…');
}
