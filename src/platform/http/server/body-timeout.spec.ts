import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../config/links.ts';
import { limitBodyTime } from './body-timeout.ts';

/** A request whose body is incomplete. */
function open({ isStreamed = false, headersSent = false } = {}): { raw: EventEmitter; socket: PassThrough } {
  const socket = new PassThrough();
  const raw = Object.assign(new EventEmitter(), { socket });
  const config = isStreamed ? { streamedContent: { mediaType: 'text/csv', maxBytes: 1 } } : {};
  const request = { raw, id: 'the-request', routeOptions: { config } } as unknown as FastifyRequest;
  const reply = { raw: { headersSent } } as unknown as FastifyReply;
  limitBodyTime(request, reply, new Links('http://localhost'));
  return { raw, socket };
}

const received = ({ socket }: { socket: PassThrough }): string => String(socket.read() ?? '');

describe('A request whose body does not arrive', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('gets 408 after 30 s, and the connection ends', () => {
    const request = open();

    jest.advanceTimersByTime(29_999);
    expect(received(request)).toBe('');
    jest.advanceTimersByTime(1);

    const response = received(request);
    expect(response).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(response).toContain('connection: close');
    expect(response).toContain('urn:request:the-request');
    expect(request.socket.writableEnded).toBe(true);
  });

  it('gets 408 after 15 minutes on a route that reads the body as a stream', () => {
    const request = open({ isStreamed: true });

    jest.advanceTimersByTime(15 * 60_000 - 1);
    expect(received(request)).toBe('');
    jest.advanceTimersByTime(1);

    expect(received(request)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('gets no second response', () => {
    const request = open({ headersSent: true });

    jest.advanceTimersByTime(30_000);

    expect(received(request)).toBe('');
    expect(request.socket.destroyed).toBe(true);
  });

  it('has no limit after its end', () => {
    const request = open();
    request.raw.emit('close');

    expect(jest.getTimerCount()).toBe(0);
  });
});
