import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../src/platform/dev-postgres/server.ts';
import { newServerUser } from '../../../src/platform/dev-postgres/server-user.ts';
import { isListening } from '../http/sockets.ts';
import { waitUntil } from '../process/wait-until.ts';

/** A PgBouncer in transaction mode before one server. */
export interface PgBouncer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

const program = 'pgbouncer';

/** Whether it is installed; Debian has it as a package. */
export const hasPgBouncer = spawnSync(program, ['--version']).status === 0;

/** Starts PgBouncer with its defaults, except the pool mode; its only user is that of the URL. */
export async function startPgBouncer(url: string, settings = ''): Promise<PgBouncer> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'plinth-pgbouncer-'));
  const port = await freePort();
  const { username, password, port: serverPort } = new URL(url);
  fs.writeFileSync(join(folder, 'users.txt'), `"${username}" "${password}"\n`);
  fs.writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=127.0.0.1 port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
max_client_conn = 1000
server_idle_timeout = 5
${settings}
`,
  );
  // As root it refuses to run.
  const user = newServerUser();
  if (user.uid !== undefined && user.gid !== undefined)
    for (const path of [folder, ...fs.readdirSync(folder).map((name) => join(folder, name))])
      fs.chownSync(path, user.uid, user.gid);
  const child = spawn(program, [join(folder, 'pgbouncer.ini')], { ...user, cwd: folder, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await waitUntil('PgBouncer listens', async () => await isListening(new URL(`tcp://127.0.0.1:${port}`)));
  return {
    port,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      fs.rmSync(folder, { recursive: true });
    },
  };
}

/** The same URL, by way of a PgBouncer. */
export function throughPort(url: string, port: number | string): string {
  return Object.assign(new URL(url), { port: String(port) }).href;
}
