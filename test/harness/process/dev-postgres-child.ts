import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The outcome of a start in another process. */
interface ChildOutcome {
  readonly url?: string;
  readonly folder?: string;
  readonly fresh?: boolean;
  readonly refused?: string;
}

/** Another process that starts an embedded PostgreSQL on a data folder. */
export interface EmbeddedChild {
  readonly process: ChildProcess;
  /** Resolves when the start has succeeded or was refused; rejects when the process ended without a message. */
  readonly outcome: Promise<ChildOutcome>;
  /** Lets the process stop its server; resolves with its exit code. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>;
}

/** Starts dev-postgres-parent.ts, as another user when ids are given. */
export function startInChild(dataDir: string, as: { uid?: number; gid?: number } = {}): EmbeddedChild {
  const script = join(import.meta.dirname, 'dev-postgres-parent.ts');
  const child = spawn(process.execPath, [script, dataDir], { ...as, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const outcome = firstLine(child.stdout);
  outcome.catch(() => undefined); // a killed child reports no outcome, which no test may wait for
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
  throw new Error('The process ended without a message about its start');
}

function parseOutcome(message: unknown): ChildOutcome {
  if (typeof message !== 'object' || message === null) throw new Error('The process sent an unknown message');
  const members: Record<string, unknown> = { ...message };
  return {
    ...(typeof members['url'] === 'string' && { url: members['url'] }),
    ...(typeof members['folder'] === 'string' && { folder: members['folder'] }),
    ...(typeof members['fresh'] === 'boolean' && { fresh: members['fresh'] }),
    ...(typeof members['refused'] === 'string' && { refused: members['refused'] }),
  };
}
