import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect } from '@jest/globals';

/** Separates the outputs of two blocks: a character that no response contains. */
const separator = '\u001e';

/** The shell blocks of the section with this heading, in order. */
export function shellBlocks(page: string, heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

/** Runs the blocks in one shell, as pasted one after the other, and returns what each printed. */
export async function runBlocks(blocks: readonly string[]): Promise<string[]> {
  const shell = spawn('sh', ['-e'], { stdio: ['pipe', 'pipe', 'pipe'] });
  shell.stdin.end(blocks.join(`printf '${separator}'\n`));
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  expect({ code: shell.exitCode, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split(separator);
}
