import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

/**
 * A mail server that accepts and discards all mails.
 * @param onMail is called with each mail as it was received
 */
export async function mailSink(
  onMail: (mail: string) => void = () => undefined,
): Promise<{ url: string; close: () => Promise<void> }> {
  const sink = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      void text(stream).then((mail) => {
        onMail(mail);
        done();
      });
    },
  });
  sink.on('error', () => undefined);
  const server = sink.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await new Promise<void>((resolve) => {
        sink.close(resolve);
      });
    },
  };
}
