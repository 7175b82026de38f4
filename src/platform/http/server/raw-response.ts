import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Links } from '../../config/links.ts';
import type { Problem } from '../problem/problem.ts';
import { problemBody } from '../problem/problem.ts';
import { dataHeaders } from './security-headers.ts';

/** A client that does not end its half of the connection is disconnected after this time: no other limit applies to it. */
const lingerMs = 1000;

/** A response that is written to the socket, without Fastify. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The problem as status, headers and body; the connection is closed after it. */
export function rawResponse(problem: Problem, requestId: string, links: Links): RawResponse {
  const body = JSON.stringify(problemBody(problem, { requestId }, links));
  const headers = {
    ...dataHeaders,
    ...problem.options.headers,
    'x-request-id': requestId,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  return { status: problem.kind.status, headers, body };
}

/** Writes the response and ends the connection. Not at once: a reset could arrive before the response is read. */
export function writeRawResponse(socket: Duplex, { status, headers, body }: RawResponse): void {
  // Node removes its own error listener from the socket of a CONNECT; without one, a reset would end the process.
  socket.on('error', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => {
    clearTimeout(timer);
  });
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...head, '', body].join('\r\n'));
}
