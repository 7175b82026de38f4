import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExitResult } from '../harness/process/service-process.ts';
import { root } from '../harness/process/service-process.ts';

describe('npm run help', () => {
  it('lists every script of package.json', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['help.mjs'], { cwd: root });

    const { scripts } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const listed = [...stdout.matchAll(/^ {2}npm run (\S+)/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(Object.keys(scripts).sort());
    expect(stdout.split('\n').filter((line) => /^ {2}npm run \S+$/.test(line))).toEqual([]);
    expect(stdout).toMatch(/^Database\n {2}npm run db:migrate .*apply pending migrations$/m);
  });
});

describe('The build', () => {
  it.each(['20.20.2', '22.23.0', '24.11.0'])('rejects Node %s with one line', async (version) => {
    const { code, stderr } = await buildWith(version).catch((error: unknown) => error as ExitResult);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^plinth: Node [\d.]+ is older than 24\.11\.1, .+\n$/);
    expect(stderr).toContain(`Node ${version} `);
  });

  it.each(['24.11.1', '24.12.0', '25.0.0', '26.0.0'])('accepts Node %s', async (version) => {
    const { stderr } = await buildWith(version);

    expect(stderr).not.toContain('is older than');
  });
});

/** Runs the build in a process that reports this version of Node. */
async function buildWith(version: string): Promise<{ code?: number | null; stderr: string }> {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const preload = `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${versions} })`;
  return await promisify(execFile)(process.execPath, ['--import', preload, 'build.mjs'], { cwd: root });
}
