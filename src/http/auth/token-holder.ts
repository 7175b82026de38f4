import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import type { Principal } from './principal.ts';

/** Whose good token a request carries that was answered before the guard looked; undefined when it is nobody's. */
export async function tokenHolder(request: FastifyRequest): Promise<Principal | undefined> {
  return await new Promise((resolve, reject) => {
    const decide = (_error: unknown, user?: Principal | false | null): void => {
      resolve(user ? user : undefined);
    };
    const authenticate = passport.authenticate('jwt', { session: false }, decide) as (...args: unknown[]) => void;
    authenticate(request, {}, reject);
  });
}
