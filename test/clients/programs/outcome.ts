// The programs run in Node.js and are compiled as in a browser.
declare const process: { readonly argv: readonly string[] };

/** The first arguments of a client. */
export interface Setting {
  readonly baseUrl: string;
  readonly email: string;
  readonly password: string;
  /** The code that the user's authenticator app shows. */
  readonly code: string;
}

/** What a client found by its typed calls; the test expects the same of each. */
export interface Outcome {
  /** Email addresses of the first page of users. */
  readonly emails: readonly string[];
  /** The email address of the user who was read by id. */
  readonly read: string;
  /** The same, with an API key instead of a session. */
  readonly readByKey: string;
  /** The response to an unknown id. */
  readonly missing: { readonly code: string; readonly status: number };
  /** The response to a job whose payload does not match its type. */
  readonly refused: { readonly code: string; readonly pointers: readonly string[] };
  /** A job that was created and has succeeded. */
  readonly job: { readonly type: string; readonly rows: number };
  /** How the job's stream ended; undefined for clients that can't read streams. */
  readonly ending?: string;
}

/** An id that no user has. */
export const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';

/** Runs a client against the service that the command line names, and prints what it found. */
export async function report(run: (setting: Setting) => Promise<Outcome>): Promise<void> {
  const [baseUrl = '', email = '', password = '', code = ''] = process.argv.slice(2);
  console.log(JSON.stringify(await run({ baseUrl, email, password, code })));
}

/** Sends the request until it returns a value. */
export async function poll<T>(send: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await send();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The data of the last event in the text of a stream (Server-Sent Events). */
export function lastEvent(stream: string): unknown {
  const data = stream.split('\n').filter((line) => line.startsWith('data: '));
  return JSON.parse((data.at(-1) ?? 'data: null').slice('data: '.length));
}
