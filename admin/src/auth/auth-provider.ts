import type { AuthProvider } from 'react-admin';
import { clearCursors } from '../api/cursors.ts';
import { announce, endSession, isUserShown, session, setShownUser } from '../api/session.ts';
import { readAccess, readMe } from './permissions.ts';

/** React-admin on the session of the client: login-form.tsx logs in, start.tsx continues the session of the cookie. */
export const authProvider: AuthProvider = {
  /** After the login form has logged in. */
  login: async () => {
    clearCursors();
    announce('logged-in');
    await Promise.resolve();
  },
  logout: async () => {
    clearCursors();
    setShownUser(undefined);
    if (!session.isOpen) return;
    // If the service cannot be reached, the login page says that the session has not ended yet.
    await endSession().catch(() => undefined);
    announce('logged-out');
  },
  checkAuth: async () => {
    await Promise.resolve();
    if (!session.isOpen && !isUserShown()) throw new Error('Log in to continue');
  },
  /** The dialog of the prompts logs in again; this is the failure after it was cancelled. */
  checkError: async (error: unknown) => {
    await Promise.resolve();
    if (isUnauthenticated(error)) throw new Error('Your session has ended');
  },
  getIdentity: async () => {
    const { id, email, displayName } = await readMe();
    setShownUser(id);
    return { id, fullName: displayName ?? email, email };
  },
  // The login page reads them too, and again after the login.
  getPermissions: async () => (session.isOpen || isUserShown() ? await readAccess() : undefined),
};

/** A 403 is a response to one request, no lost session; so is a step-up that was cancelled. */
function isUnauthenticated(error: unknown): boolean {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && Reflect.get(error, 'status') === 401 && !isStepUp(error);
}

function isStepUp(error: object): boolean {
  const problem: unknown = Reflect.get(error, 'problem');
  return (
    typeof problem === 'object' && problem !== null && Reflect.get(problem, 'code') === 'reauthentication_required'
  );
}
