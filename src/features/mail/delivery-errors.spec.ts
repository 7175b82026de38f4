import { describe, expect, it } from '@jest/globals';
import type { SmtpFailure } from './delivery-errors.ts';
import { toDeliveryError } from './delivery-errors.ts';

/** The error for a rejected recipient, as nodemailer reports it. */
function rejected(response: string, more: Partial<SmtpFailure> = {}): Error {
  return toDeliveryError({
    code: 'EENVELOPE',
    command: 'RCPT TO',
    message: `Can't send mail - all recipients were rejected: ${response}`,
    permanent: response.startsWith('5'),
    response,
    ...more,
  });
}

describe('toDeliveryError', () => {
  it.each([
    '550 5.1.1 No such user',
    '550-5.1.1 No such user\n550 5.1.1 here',
    '552 5.3.4 Message too large',
    '554 Rejected',
    '550 5.2.1 Mailbox disabled',
  ])('returns MailRejected for %s', (response) => {
    expect(rejected(response)).toMatchObject({ name: 'MailRejected' });
  });

  it.each([
    ['requires authentication', '530 5.7.0 Authentication required'],
    ['requires authentication, without an enhanced code', '530 Authentication required'],
    ['rejects the authentication', '535 Authentication failed'],
    ['does not relay', '550 5.7.1 Relaying denied'],
    [
      'blocks the network of the sender',
      '554-5.7.1 Service unavailable; client host blocked\n554 5.7.1 see https://bl.example',
    ],
    ['applies a sender policy', '550 5.7.26 Unauthenticated mail from plinth.example'],
    ['reports a full mailbox', '552 5.2.2 Mailbox full'],
    ['reports an exceeded quota', '550 5.4.5 Daily sending quota exceeded'],
    ['greylists the email', '451 4.7.1 Greylisted'],
  ])('returns SmtpFailed when the server %s', (_, response) => {
    expect(rejected(response)).toMatchObject({ name: 'SmtpFailed' });
  });

  it('returns SmtpFailed for a rejected sender and for an unreadable response', () => {
    expect(rejected('550 5.1.8 Bad sender', { command: 'MAIL FROM' }).name).toBe('SmtpFailed');
    expect(
      toDeliveryError({
        code: 'EENVELOPE',
        command: 'RCPT TO',
        message: 'all rejected',
        response: 'what?',
      }).name,
    ).toBe('SmtpFailed');
  });

  const token = 'Zk1mT5yJw9RbXcNfLsAeUo2gPi7KtQxV4Mg_-hD3v8q';

  it.each([
    ['plain', `550 5.6.0 Not this: https://a.example/?token=${token} and more`],
    ['quoted-printable', `550 5.6.0 Not this: https://a.example/?token=3D${token} and more`],
    ['cut by quoted-printable', `550 Not this: ?token=3D${token.slice(0, 20)}=\r\n${token.slice(20)} and more`],
    ['cut over two lines', `550-Not this: ?token=3D${token.slice(0, 20)}=\n550 ${token.slice(20)} and more`],
  ])('removes the token from a response that is %s', (_, response) => {
    const { message, cause } = rejected(response);

    expect(message).toMatch(/token=… and more$/);
    expect(message).not.toContain(token.slice(-8));
    expect(cause).toBeUndefined();
  });
});
