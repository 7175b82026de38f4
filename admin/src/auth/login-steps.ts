import { useState } from 'react';
import { logInByPasskey, verifyMfaByPasskey } from '../../../client/passkeys.ts';
import { browserPasskeys } from '../../../client/browser-passkeys.ts';
import type { components } from '../../../client/api.d.ts';
import { session, unauthenticated } from '../api/session.ts';

export type MfaRequired = components['schemas']['MfaRequiredDto'];
type Problem = components['schemas']['Problem'];

/** What a step of a login led to. */
export type Outcome =
  | { readonly kind: 'logged-in' }
  | { readonly kind: 'second-factor'; readonly challenge: MfaRequired }
  | { readonly kind: 'refused'; readonly message: string }
  /** The user has closed the dialog of the browser. */
  | { readonly kind: 'cancelled' };

/** Runs the steps of a form, one at a time, and keeps the message of a refusal. */
export function useLoginSteps(onOutcome: (outcome: Outcome) => void): {
  readonly message: string | undefined;
  readonly busy: boolean;
  readonly attempt: (step: () => Promise<Outcome>) => Promise<void>;
} {
  const [message, setMessage] = useState<string>();
  const [busy, setBusy] = useState(false);
  const attempt = async (step: () => Promise<Outcome>): Promise<void> => {
    setBusy(true);
    const outcome = await step();
    setBusy(false);
    setMessage(outcome.kind === 'refused' ? outcome.message : undefined);
    onOutcome(outcome);
  };
  return { message, busy, attempt };
}

export async function byPassword(email: string, password: string): Promise<Outcome> {
  return await outcomeOf(async () => await session.logIn(email, password));
}

export async function byPasskey(): Promise<Outcome> {
  return await outcomeOf(async () => await logInByPasskey(unauthenticated, session, browserPasskeys));
}

export async function byCode(
  { mfaToken }: MfaRequired,
  method: 'totp' | 'recovery-code',
  code: string,
): Promise<Outcome> {
  return await outcomeOf(async () => await session.verifyMfa({ mfaToken, method, code }));
}

export async function bySecondPasskey({ mfaToken }: MfaRequired): Promise<Outcome> {
  const browser = browserPasskeys;
  return await outcomeOf(async () => await verifyMfaByPasskey(unauthenticated, session, { mfaToken, browser }));
}

/** Browsers have passkeys for domains only, over HTTPS or on localhost. */
export const hasPasskeys =
  typeof PublicKeyCredential !== 'undefined' &&
  'parseRequestOptionsFromJSON' in PublicKeyCredential &&
  !/^[\d.]+$|^\[/.test(location.hostname);

/** Runs a call of the client, which returns a problem, a further step, or nothing when the user is logged in. */
export async function outcomeOf(step: () => Promise<Problem | MfaRequired | undefined>): Promise<Outcome> {
  try {
    const result = await step();
    if (result === undefined) return { kind: 'logged-in' };
    if ('mfaToken' in result) return { kind: 'second-factor', challenge: result };
    return { kind: 'refused', message: messageOf(result) };
  } catch (error) {
    // The name that WebAuthn gives to a dialog that was closed or timed out.
    if (error instanceof DOMException && ['NotAllowedError', 'AbortError'].includes(error.name))
      return { kind: 'cancelled' };
    return { kind: 'refused', message: 'The service cannot be reached. Check the connection and try again.' };
  }
}

function messageOf({ title, detail, errors = [] }: Problem): string {
  const violations = errors.map(({ detail: text }) => text).join(' ');
  return [detail ?? title, violations].filter((text) => text !== '').join(' ');
}
