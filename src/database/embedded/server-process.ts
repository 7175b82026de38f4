import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { onGrowth } from './file-growth.ts';
import { nativeEnvironment } from './native-command.ts';
import type { ServerLog } from './server-log.ts';
import { openServerLog } from './server-log.ts';
import type { ServerUser } from './server-user.ts';

const longestSilenceMs = 60_000;
const stopWithinMs = 10_000;

/** One start of the server's program. */
export interface ServerCommand {
  readonly bin: string;
  readonly args: readonly string[];
  readonly user: ServerUser;
  /** The log file, appended to. */
  readonly log: string;
}

/** The server gave up before it was ready. */
export class ServerFailed extends Error {
  /** What it wrote. */
  readonly output: string;

  constructor(output: string) {
    super('PostgreSQL could not start');
    this.output = output;
  }
}

/**
 * Starts the server and waits until it accepts connections. It leads its own process group, so that a Ctrl-C in the
 * terminal does not reach it, and writes to a file, so that nothing happens to it when this process is killed.
 * @throws ServerFailed when it ends first, or writes nothing for 60 s (it reports a long recovery every 10 s)
 */
export async function startServer(command: ServerCommand): Promise<ChildProcess> {
  const log = openServerLog(command.log);
  try {
    const child = spawn(join(command.bin, 'postgres'), command.args, {
      ...command.user,
      cwd: '/',
      env: nativeEnvironment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await ready(child, log);
    child.unref();
    return child;
  } finally {
    closeSync(log.fd);
  }
}

/** Ends the server's connections, then the server; an immediate stop after 10 s. Resolves when it is gone. */
export async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const gone = once(child, 'exit');
  child.kill('SIGINT');
  const impatience = setTimeout(() => child.kill('SIGQUIT'), stopWithinMs);
  await gone;
  clearTimeout(impatience);
}

async function ready(child: ChildProcess, log: ServerLog): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let finished = false;
    const finish = (failure?: string): void => {
      finished = true;
      clearTimeout(patience);
      stopWatching();
      child.off('exit', onExit);
      if (failure === undefined) resolve();
      else reject(new ServerFailed(failure));
    };
    const onExit = (): void => {
      finish(log.since());
    };
    const look = (): void => {
      if (finished) return;
      patience.refresh();
      if (log.since().includes('database system is ready to accept connections')) finish();
    };
    const patience = setTimeout(() => {
      child.kill('SIGQUIT');
      finish(`it wrote nothing for ${longestSilenceMs / 1000} s`);
    }, longestSilenceMs);
    const stopWatching = onGrowth(log.file, look);
    child.on('error', (error) => {
      finish(error.message);
    });
    child.once('exit', onExit);
    look();
  });
}
