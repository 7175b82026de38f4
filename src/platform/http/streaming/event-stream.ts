import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** One event of a stream (HTML Living Standard §9.2). */
export interface ServerEvent {
  /** Sent as `Last-Event-ID` when the client reconnects. */
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** The client reconnects after this time. */
const retryMs = 1000;
/** Proxies close idle connections. */
const heartbeatIntervalMs = 15_000;
/** A client that reads nothing for this time is disconnected; it reconnects with `Last-Event-ID`. */
const stallTimeoutMs = 15_000;
/** An ended stream whose data the client does not read is destroyed after this time. */
const endGraceMs = 1000;

/** Server-sent events for one client, with at most one batch of events buffered. */
export class EventStream {
  /** The body of the response. */
  readonly body: Readable;
  private demand = true;
  private progressAt = performance.now();
  private endedAt: number | undefined;
  private closed = false;
  private readonly closeListeners: (() => void)[] = [];

  constructor(private readonly response: ServerResponse) {
    this.body = new Readable({
      read: () => {
        this.demand = true;
        this.progressAt = performance.now();
      },
    });
    if (response.closed) this.closed = true;
    response.once('close', () => {
      this.closed = true;
      for (const listener of this.closeListeners) listener();
    });
    this.push(`retry: ${retryMs}\n\n`);
  }

  /** Whether the client has read everything that was sent; check it before sending. */
  get ready(): boolean {
    return this.demand && this.endedAt === undefined;
  }

  send(events: readonly ServerEvent[]): void {
    if (this.endedAt !== undefined || events.length === 0) return;
    this.push(
      events.map(({ id, event, data }) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(''),
    );
  }

  /** Ends the stream after the events that were sent. */
  end(): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = performance.now();
    this.body.push(null);
  }

  /** Calls `listener` when the client has disconnected, or at once if it has already. */
  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.closeListeners.push(listener);
  }

  /** To be called every second: sends a heartbeat, or disconnects a client that does not read. */
  keepAlive(now: number = performance.now()): void {
    const idleMs = now - (this.endedAt ?? this.progressAt);
    if (this.endedAt !== undefined) {
      if (idleMs > endGraceMs) this.response.destroy();
    } else if (!this.demand) {
      if (idleMs > stallTimeoutMs) this.response.destroy();
    } else if (idleMs >= heartbeatIntervalMs) this.push(': heartbeat\n\n');
  }

  private push(text: string): void {
    this.demand = false;
    this.progressAt = performance.now();
    this.body.push(text);
  }
}
