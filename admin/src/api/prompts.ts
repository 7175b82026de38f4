import type { ApiError } from './problem.ts';

/** A field of a resource that two users have changed. */
export interface FieldConflict {
  readonly field: string;
  /** What the form showed when it was opened. */
  readonly before: unknown;
  readonly theirs: unknown;
  readonly mine: unknown;
  /** Whether the user has changed it; otherwise only the other one did, and their value stays. */
  readonly isMine: boolean;
}

/** What the console needs from the user before a request can continue; layout/prompts.tsx shows the dialogs. */
export type Prompt =
  /** Resolved with whether the user has confirmed who they are. */
  | { readonly kind: 'step-up'; readonly resolve: (confirmed: boolean) => void }
  /** Resolved with whether the user has logged in again. */
  | { readonly kind: 'login'; readonly resolve: (loggedIn: boolean) => void }
  /** Resolved with whether to send the request again. */
  | { readonly kind: 'retry'; readonly error: ApiError; readonly resolve: (again: boolean) => void }
  /** Resolved with the fields of which the user's own value is kept; undefined to leave everything unchanged. */
  | {
      readonly kind: 'conflict';
      readonly conflicts: readonly FieldConflict[];
      readonly resolve: (mine: readonly string[] | undefined) => void;
    };

let queue: readonly Prompt[] = [];
const listeners = new Set<() => void>();
/** Concurrent requests that need the same confirmation share one dialog. */
const shared = new Map<'login' | 'step-up', Promise<boolean>>();

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The prompt to show. */
export function currentPrompt(): Prompt | undefined {
  return queue[0];
}

/** Requests a confirmation by password, code or passkey; or a login, after the session has ended. */
export async function confirm(kind: 'login' | 'step-up'): Promise<boolean> {
  const open = shared.get(kind) ?? show<boolean>((resolve) => ({ kind, resolve })).finally(() => shared.delete(kind));
  shared.set(kind, open);
  return await open;
}

export async function confirmRetry(error: ApiError): Promise<boolean> {
  return await show<boolean>((resolve) => ({ kind: 'retry', error, resolve }));
}

export async function resolveConflicts(conflicts: readonly FieldConflict[]): Promise<readonly string[] | undefined> {
  return await show<readonly string[] | undefined>((resolve) => ({ kind: 'conflict', conflicts, resolve }));
}

async function show<T>(create: (resolve: (result: T) => void) => Prompt): Promise<T> {
  return await new Promise<T>((resolve) => {
    const prompt = create((result) => {
      setQueue(queue.filter((other) => other !== prompt));
      resolve(result);
    });
    setQueue([...queue, prompt]);
  });
}

function setQueue(prompts: readonly Prompt[]): void {
  queue = prompts;
  for (const listener of listeners) listener();
}
