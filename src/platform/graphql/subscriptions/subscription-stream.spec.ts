import { describe, expect, it, jest } from '@jest/globals';
import { Forbidden } from '../../http/auth/auth.errors.ts';
import { SubscriptionStream } from './subscription-stream.ts';

const end = { value: undefined, done: true };

describe('SubscriptionStream', () => {
  it('is ready only while its reader waits for an event', async () => {
    const stream = new SubscriptionStream<number>();
    expect(stream.ready).toBe(false);
    const first = stream.next();
    expect(stream.ready).toBe(true);

    stream.push([1, 2]);

    expect(await first).toEqual({ value: 1, done: false });
    expect(stream.ready).toBe(false);
    expect(await stream.next()).toEqual({ value: 2, done: false });
  });

  it('ends after the events that were pushed', async () => {
    const stream = new SubscriptionStream<number>();
    stream.push([1]);
    stream.complete();
    stream.push([2]);

    expect(await stream.next()).toEqual({ value: 1, done: false });
    expect(await stream.next()).toEqual(end);
  });

  it('fails once, after the events that were pushed, when access is revoked', async () => {
    const stream = new SubscriptionStream<number>();
    stream.push([1]);
    stream.end('forbidden');

    expect(await stream.next()).toEqual({ value: 1, done: false });
    await expect(stream.next()).rejects.toBeInstanceOf(Forbidden);
    expect(await stream.next()).toEqual(end);
  });

  it('does not end with the session or at the shutdown: the connection closes', () => {
    const stream = new SubscriptionStream<number>();
    void stream.next();
    stream.end('session-ended');
    stream.end('shutdown');

    expect(stream.ready).toBe(true);
  });

  it('closes at once when its reader returns, also while it waits', async () => {
    const stream = new SubscriptionStream<number>();
    const closed = jest.fn();
    stream.onClose(closed);
    const waiting = stream.next();

    expect(await stream.return()).toEqual(end);

    expect(await waiting).toEqual(end);
    expect(closed).toHaveBeenCalledTimes(1);
    stream.onClose(closed);
    expect(closed).toHaveBeenCalledTimes(2);
  });
});
