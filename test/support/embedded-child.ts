import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How a start in another process went. */
interface ChildOutcome {
  readonly url?: string;
  readonly folder?: string;
  readonly fresh?: boolean;
  readonly refused?: string;
}

/** Another process that starts an embedded PostgreSQL on a data folder. */
export interface EmbeddedChild {
  readonly process: ChildProcess;
  /** Resolves when the start has succeeded or was refused; rejects when the process ended without saying so. */
  readonly outcome: Promise<ChildOutcome>;
  /** Lets the process stop its server; resolves with its exit code. */
  stop(): Promise<number | null>;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts embedded-parent.ts, as another user when ids are given. */
export function startInChild(dataDir: string, as: { uid?: number; gid?: number } = {}): EmbeddedChild {
  const script = join(import.meta.dirname, 'embedded-parent.ts');
  const child = spawn(process.execPath, [script, dataDir], { ...as, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const outcome = firstLine(child.stdout);
  outcome.catch(() => undefined); // a child killed half-way says nothing, and nobody may ask
  return {
    process: child,
    outcome,
    async stop() {
      child.stdin.end();
      await ended;
      return child.exitCode;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<ChildOutcome> {
  for await (const line of createInterface({ input: stream })) return parseOutcome(JSON.parse(line));
  throw new Error('The process ended without saying how its start went');
}

function parseOutcome(said: unknown): ChildOutcome {
  if (typeof said !== 'object' || said === null) throw new Error('The process said something else');
  const given: Record<string, unknown> = { ...said };
  return {
    ...(typeof given['url'] === 'string' && { url: given['url'] }),
    ...(typeof given['folder'] === 'string' && { folder: given['folder'] }),
    ...(typeof given['fresh'] === 'boolean' && { fresh: given['fresh'] }),
    ...(typeof given['refused'] === 'string' && { refused: given['refused'] }),
  };
}
