import { describe, expect, it } from '@jest/globals';
import type { SmtpFailure } from './delivery-failure.ts';
import { deliveryFailure } from './delivery-failure.ts';

/** As nodemailer tells that the server refused the recipient. */
function refused(response: string, more: Partial<SmtpFailure> = {}): Error {
  return deliveryFailure({
    code: 'EENVELOPE',
    command: 'RCPT TO',
    message: `Can't send mail - all recipients were rejected: ${response}`,
    permanent: response.startsWith('5'),
    response,
    ...more,
  });
}

describe('A refusal', () => {
  it.each([
    '550 5.1.1 No such user',
    '550-5.1.1 No such user\n550 5.1.1 here',
    '552 5.3.4 Message too large',
    '554 Rejected',
    '550 5.2.1 Mailbox disabled',
  ])('is final: %s', (response) => {
    expect(refused(response)).toMatchObject({ name: 'MailRefused' });
  });

  it.each([
    ['asks for a login', '530 5.7.0 Authentication required'],
    ['asks for a login, without more', '530 Authentication required'],
    ['does not take the login', '535 Authentication failed'],
    ['does not relay', '550 5.7.1 Relaying denied'],
    ['blocks our network', '554-5.7.1 Service unavailable; client host blocked\n554 5.7.1 see https://bl.example'],
    ['has its policy', '550 5.7.26 Unauthenticated mail from plinth.example'],
    ['has no room in the box', '552 5.2.2 Mailbox full'],
    ['has had enough of us for today', '550 5.4.5 Daily sending quota exceeded'],
    ['comes back later', '451 4.7.1 Greylisted'],
  ])('is no last word when the server %s', (_, response) => {
    expect(refused(response)).toMatchObject({ name: 'MailServerFailed' });
  });

  it('is none when it is about the sender, or nobody can read it', () => {
    expect(refused('550 5.1.8 Bad sender', { command: 'MAIL FROM' }).name).toBe('MailServerFailed');
    expect(
      deliveryFailure({
        code: 'EENVELOPE',
        command: 'RCPT TO',
        message: 'all rejected',
        response: 'what?',
      }).name,
    ).toBe('MailServerFailed');
  });
});

describe('What is told of a refusal', () => {
  const token = 'Zk1mT5yJw9RbXcNfLsAeUo2gPi7KtQxV4Mg_-hD3v8q';

  it.each([
    ['plain', `550 5.6.0 Not this: https://a.example/?token=${token} and more`],
    ['quoted-printable', `550 5.6.0 Not this: https://a.example/?token=3D${token} and more`],
    ['cut by quoted-printable', `550 Not this: ?token=3D${token.slice(0, 20)}=\r\n${token.slice(20)} and more`],
    ['cut over two lines', `550-Not this: ?token=3D${token.slice(0, 20)}=\n550 ${token.slice(20)} and more`],
  ])('holds no token: %s', (_, response) => {
    const { message, cause } = refused(response);

    expect(message).toMatch(/token=… and more$/);
    expect(message).not.toContain(token.slice(-8));
    expect(cause).toBeUndefined();
  });
});
