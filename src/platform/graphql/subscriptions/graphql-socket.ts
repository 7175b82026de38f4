import type { WebSocket } from 'ws';
import { Problem } from '../../http/problem/problem.ts';
import type { EndReason, OpenStream } from '../../http/streaming/event-streams.ts';

/** Proxies close idle connections. */
const pingIntervalMs = 15_000;
/** A client that neither reads nor sends anything for this time is disconnected. */
const stallTimeoutMs = 30_000;
/** Of the reason of a close, in bytes (RFC 6455 §5.5), less than the limit because a cut character becomes three. */
const maxReasonBytes = 120;
/** A client that sends pings and does not read the responses is disconnected. */
const maxBufferedBytes = 1024 * 1024;

/** Close codes of graphql-transport-ws, and of RFC 6455 §7.4 and its registry. */
const closeCodes = {
  goingAway: 1001,
  tryAgainLater: 1013,
  badRequest: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  internalError: 4500,
} as const;

/** The WebSocket of one client. */
export class GraphqlSocket implements OpenStream {
  private activeAt = performance.now();
  private pinged = false;

  constructor(private readonly socket: WebSocket) {
    const record = (): void => {
      this.recordActivity();
    };
    socket.on('message', record).on('pong', record);
    // Frames that violate the protocol or the limit of their size: the socket closes itself with the code of the reason.
    socket.on('error', () => undefined);
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  /** Calls `listener` with each message, until the socket closes. */
  onMessage(listener: (message: Buffer) => void): void {
    this.socket.on('message', (data) => {
      if (this.isOpen) listener(data as Buffer);
    });
  }

  /** Resolves when the operating system has taken the message; a closed socket takes none. */
  async send(message: string): Promise<void> {
    if (!this.isOpen) return;
    if (this.socket.bufferedAmount > maxBufferedBytes) {
      this.socket.terminate();
      return;
    }
    await new Promise<void>((resolve) => {
      this.socket.send(message, (error) => {
        if (!(error instanceof Error)) this.recordActivity();
        resolve();
      });
    });
  }

  /** @param reason is cut to 120 bytes */
  close(code: number, reason: string): void {
    this.socket.close(code, Buffer.from(reason).subarray(0, maxReasonBytes).toString());
  }

  /** Closes the connection because of an error: its code becomes the reason. */
  refuse(error: unknown): void {
    if (!(error instanceof Problem)) this.close(closeCodes.internalError, 'Internal server error');
    else this.close(closeCodeOf(error), error.kind.title);
  }

  end(reason: EndReason): void {
    if (reason === 'shutdown') this.close(closeCodes.goingAway, 'The service restarts');
    else if (reason === 'session-ended') this.close(closeCodes.unauthorized, 'The session has ended');
    else this.close(closeCodes.forbidden, 'Access was revoked');
  }

  /** To be called every second: pings the client, or disconnects one that does not read. */
  keepAlive(now: number = performance.now()): void {
    const idleMs = now - this.activeAt;
    if (idleMs > stallTimeoutMs) this.socket.terminate();
    else if (idleMs >= pingIntervalMs && !this.pinged && this.isOpen) {
      this.pinged = true;
      this.socket.ping();
    }
  }

  onClose(listener: (code: number, reason: string) => void): void {
    if (this.socket.readyState === this.socket.CLOSED) listener(0, '');
    else
      this.socket.once('close', (code, reason) => {
        listener(code, reason.toString());
      });
  }

  private get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  private recordActivity(): void {
    this.activeAt = performance.now();
    this.pinged = false;
  }
}

/** Clients reconnect after 1013, but not before they have corrected the credentials after the others. */
function closeCodeOf({ kind: { status } }: Problem): number {
  if (status === 401) return closeCodes.unauthorized;
  if (status === 403) return closeCodes.forbidden;
  if (status === 429 || status === 503) return closeCodes.tryAgainLater;
  return status < 500 ? closeCodes.badRequest : closeCodes.internalError;
}
