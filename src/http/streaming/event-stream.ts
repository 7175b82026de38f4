import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** One event of a stream (HTML Living Standard §9.2). */
export interface ServerEvent {
  /** What a reader sends as `Last-Event-ID` when it comes back. */
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** So long after an end the reader asks again. */
const retryMs = 1000;
/** Proxies cut a connection on which nothing is said. */
const heartbeatEveryMs = 15_000;
/** A reader that takes nothing for so long is cut off; it comes back with `Last-Event-ID`. */
const stuckMs = 15_000;
/** What an ended stream has left to send is given up behind this. */
const endGraceMs = 1000;

/** Server-Sent Events to one reader, with no more buffered than one batch of events. */
export class EventStream {
  /** What the reply sends. */
  readonly body: Readable;
  private wanted = true;
  private movedAt = performance.now();
  private endedAt: number | undefined;
  private closed = false;
  private readonly closings: (() => void)[] = [];

  constructor(private readonly response: ServerResponse) {
    this.body = new Readable({
      read: () => {
        this.wanted = true;
        this.movedAt = performance.now();
      },
    });
    if (response.closed) this.closed = true;
    response.once('close', () => {
      this.closed = true;
      for (const work of this.closings) work();
    });
    this.push(`retry: ${retryMs}\n\n`);
  }

  /** Whether the reader has taken what it was sent; ask before sending. */
  get ready(): boolean {
    return this.wanted && this.endedAt === undefined;
  }

  send(events: readonly ServerEvent[]): void {
    if (this.endedAt !== undefined || events.length === 0) return;
    this.push(
      events.map(({ id, event, data }) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(''),
    );
  }

  /** Ends the stream behind what was sent. */
  end(): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = performance.now();
    this.body.push(null);
  }

  /** Runs `work` when the reader is gone, for whatever reason. */
  onClose(work: () => void): void {
    if (this.closed) work();
    else this.closings.push(work);
  }

  /** Looked after every second: says that it is alive, or gives a reader up that does not take what it is sent. */
  tend(now: number = performance.now()): void {
    const restsMs = now - (this.endedAt ?? this.movedAt);
    if (this.endedAt !== undefined) {
      if (restsMs > endGraceMs) this.response.destroy();
    } else if (!this.wanted) {
      if (restsMs > stuckMs) this.response.destroy();
    } else if (restsMs >= heartbeatEveryMs) this.push(': alive\n\n');
  }

  private push(text: string): void {
    this.wanted = false;
    this.movedAt = performance.now();
    this.body.push(text);
  }
}
