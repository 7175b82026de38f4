import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The port of the last start when it is free, else one that the system picks. Somebody may still take it first. */
export async function freePort(dataDir: string): Promise<number> {
  const last = lastPort(dataDir);
  return (last === undefined ? undefined : await probe(last)) ?? (await anyFreePort());
}

/** A port on 127.0.0.1 that was free a moment ago. */
export async function anyFreePort(): Promise<number> {
  const port = await probe(0);
  if (port === undefined) throw new Error('No port on 127.0.0.1 is free');
  return port;
}

/** Notes the port for the next start. */
export function rememberPort(dataDir: string, port: number): void {
  const file = portFile(dataDir);
  writeFileSync(`${file}.new`, `${port}\n`);
  renameSync(`${file}.new`, file);
}

async function probe(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address === null || typeof address === 'string' ? undefined : address.port;
}

function lastPort(dataDir: string): number | undefined {
  try {
    const port = Number(readFileSync(portFile(dataDir), 'utf8'));
    return Number.isInteger(port) && port >= 1024 && port <= 65_535 ? port : undefined;
  } catch {
    return undefined;
  }
}

function portFile(dataDir: string): string {
  return join(dataDir, 'postgres-port');
}
