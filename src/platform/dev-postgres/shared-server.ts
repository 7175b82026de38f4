import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockHolder } from './folder-lock.ts';

/** A running server that other processes may use, as it stands in the data folder. */
export interface SharedServer {
  /** The ticket of the lock under which the server runs: the file of a killed process matches no other lock. */
  readonly ticket: string;
  readonly port: number;
  readonly version: string;
}

/** Writes ticket, port and version, one per line. */
export function publishServer(dataDir: string, { ticket, port, version }: SharedServer): void {
  const file = serverFile(dataDir);
  writeFileSync(`${file}.new`, `${ticket}\n${port}\n${version}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function unpublishServer(dataDir: string): void {
  rmSync(serverFile(dataDir), { force: true });
}

/** The server that the holder of the data folder shares, undefined when it shares none or is still starting. */
export function publishedServer(dataDir: string, holder: LockHolder): SharedServer | undefined {
  const [ticket = '', port = '', version = ''] = read(serverFile(dataDir)).split('\n');
  if (ticket !== holder.ticket || !/^[1-9]\d{0,4}$/.test(port)) return undefined;
  return { ticket, port: Number(port), version };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function serverFile(dataDir: string): string {
  return join(dataDir, 'postgres-shared');
}
