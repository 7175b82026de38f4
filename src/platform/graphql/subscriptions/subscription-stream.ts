import { Forbidden } from '../../http/auth/auth.errors.ts';
import type { EndReason, OpenStream } from '../../http/streaming/event-streams.ts';

/**
 * The events of one subscription, with at most one batch of them buffered. A resolver returns it; iterating is the only
 * way to close it early.
 */
export class SubscriptionStream<Event> implements AsyncIterableIterator<Event, undefined>, OpenStream {
  private events: Event[] = [];
  private waiting: PromiseWithResolvers<IteratorResult<Event, undefined>> | undefined;
  private ended = false;
  private error: Error | undefined;
  private readonly closeListeners: (() => void)[] = [];

  /** Whether every event was sent; check it before pushing. */
  get ready(): boolean {
    return this.waiting !== undefined;
  }

  push(events: readonly Event[]): void {
    if (this.ended) return;
    this.events.push(...events);
    this.settle();
  }

  /** Ends the stream after the events that were pushed. */
  complete(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.settle();
    for (const listener of this.closeListeners) listener();
  }

  /** The subscription of a client who may no longer read it fails; otherwise its connection closes, and with it this. */
  end(reason: EndReason): void {
    if (reason === 'forbidden') this.complete(new Forbidden());
  }

  /** The connection detects clients that do not read. */
  keepAlive(): void {
    // Nothing to send.
  }

  onClose(listener: () => void): void {
    if (this.ended) listener();
    else this.closeListeners.push(listener);
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    this.waiting = Promise.withResolvers();
    const { promise } = this.waiting;
    this.settle();
    return await promise;
  }

  /** Called when the client has unsubscribed or disconnected. */
  async return(): Promise<IteratorResult<Event, undefined>> {
    this.events = [];
    this.complete();
    return await Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private settle(): void {
    if (this.waiting === undefined) return;
    const { resolve, reject } = this.waiting;
    const event = this.events.shift();
    if (event === undefined && !this.ended) return;
    this.waiting = undefined;
    if (event !== undefined) resolve({ value: event, done: false });
    else if (this.error === undefined) resolve({ value: undefined, done: true });
    else {
      reject(this.error);
      this.error = undefined;
    }
  }
}
