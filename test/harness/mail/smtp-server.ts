import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll } from '@jest/globals';
import { SMTPServer } from 'smtp-server';

/** A mail as it came over the wire. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly html: string;
}

/** An SMTP server that a test can stop and restart, with configurable responses. */
export class TestSmtpServer {
  readonly received: ReceivedMail[] = [];
  /** All connections so far. */
  connections = 0;
  /** The rejection of recipients, if set. */
  refuse: (address: string) => { code: number; message: string } | undefined = () => undefined;
  /** The rejection of received mails, if set. */
  refuseMail: (raw: string) => { code: number; message: string } | undefined = () => undefined;
  /** Accepts connections without any response. */
  silent = false;
  private readonly sockets = new Set<Socket>();
  private server: SMTPServer | undefined;

  constructor(private readonly port: number) {
    afterAll(async () => {
      await this.stop();
    });
  }

  async start(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onConnect: (_, next) => {
        this.connections += 1;
        if (!this.silent) next();
      },
      onRcptTo: ({ address }, _, next) => {
        next(asError(this.refuse(address)));
      },
      onData: (stream, { envelope }, next) => {
        void text(stream).then((raw) => {
          const refusal = asError(this.refuseMail(raw));
          if (refusal !== undefined) {
            next(refusal);
            return;
          }
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          this.received.push({ from, to: envelope.rcptTo.map(({ address }) => address), ...parse(raw) });
          next();
        });
      },
    });
    server.on('error', () => undefined);
    server.server.on('connection', (socket) => {
      this.sockets.add(socket);
    });
    this.server = server;
    const net = server.listen(this.port, '127.0.0.1');
    if (!net.listening) await once(net, 'listening');
  }

  /** Ends at once, with every connection. */
  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => {
      server.close(resolve);
    });
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
    await closed;
  }

  mailsTo(address: string): ReceivedMail[] {
    return this.received.filter(({ to }) => to.includes(address));
  }
}

function asError(refusal: { code: number; message: string } | undefined): Error | undefined {
  return refusal && Object.assign(new Error(refusal.message), { responseCode: refusal.code });
}

/** As much of MIME as these mails use: unfolded headers, two alternatives, quoted-printable or none. */
function parse(raw: string): Omit<ReceivedMail, 'from' | 'to'> {
  const { headers, body } = part(raw);
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '') ?? [];
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((piece) => part(piece.slice(2)));
  const of = (type: string): string => {
    const found = parts.find((one) => one.headers.get('content-type')?.startsWith(type));
    return found === undefined ? '' : decoded(found.body, found.headers.get('content-transfer-encoding')).trimEnd();
  };
  return { headers, text: of('text/plain'), html: of('text/html') };
}

function part(raw: string): { headers: Map<string, string>; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { headers: new Map(headers), body: raw.slice(end + 4) };
}

function decoded(body: string, encoding = '7bit'): string {
  const lines = body.replaceAll('\r\n', '\n');
  if (encoding !== 'quoted-printable') return lines;
  const bytes = lines
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
