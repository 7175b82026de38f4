import { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Links } from '../../config/links.ts';
import { RequestTimeout } from '../problem/http.errors.ts';
import { rawResponse, writeRawResponse } from './raw-response.ts';
import { streamedContentOf } from './streamed-body.ts';

/** Limits, in seconds, from the headers of a request to the end of its body. */
export const bodyTimeouts = { default: 30, streamed: 15 * 60 } as const;

/** Ends the connection of a request whose body does not arrive in time, after a 408 if no response was sent. */
export function limitBodyTime(request: FastifyRequest, reply: FastifyReply, links: Links): void {
  const { default: seconds, streamed } = bodyTimeouts;
  const limit = streamedContentOf(request) === undefined ? seconds : streamed;
  const { raw, id } = request;
  const { socket } = raw;
  // An injected request (src/serverless.ts) has its whole body, and no connection.
  if (!(socket instanceof Duplex)) return;
  const timer = setTimeout(() => {
    if (reply.raw.headersSent) socket.destroy();
    else writeRawResponse(socket, rawResponse(new RequestTimeout(), id, links));
  }, limit * 1000);
  const timers = timersOf(socket);
  timers.add(timer);
  raw.once('close', () => {
    clearTimeout(timer);
    timers.delete(timer);
  });
}

/** The timers of a connection, with one listener for all: clients may send many requests at once. */
const timersOfConnections = new WeakMap<Duplex, Set<NodeJS.Timeout>>();

/** Node does not close a request whose connection ended after its response: that of a body that was not read. */
function timersOf(socket: Duplex): Set<NodeJS.Timeout> {
  const known = timersOfConnections.get(socket);
  if (known !== undefined) return known;
  const timers = new Set<NodeJS.Timeout>();
  timersOfConnections.set(socket, timers);
  socket.once('close', () => {
    for (const timer of timers) clearTimeout(timer);
  });
  return timers;
}
