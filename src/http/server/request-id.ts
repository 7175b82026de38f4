import type { IncomingMessage } from 'node:http';
import { v7 as uuidv7 } from 'uuid';

/** The caller's `X-Request-Id` when it is one (1 to 64 of A–Z a–z 0–9 _ -), else a new UUIDv7. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(given) ? given : uuidv7();
}
