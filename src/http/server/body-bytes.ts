import type { FastifyRequest } from 'fastify';

const bodies = new WeakMap<FastifyRequest, Uint8Array>();

/** Keeps a body as it came, for who compares it with another one. */
export function keepBodyBytes(request: FastifyRequest, bytes: Uint8Array): void {
  bodies.set(request, bytes);
}

/** The body as it came, where it was kept. */
export function bodyBytes(request: FastifyRequest): Uint8Array | undefined {
  return bodies.get(request);
}
