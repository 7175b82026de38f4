import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { root } from './process.ts';

/** What a guide tells its reader to type: new files, and lines to change in files that are there. */
export interface GuideSteps {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly changes: readonly { readonly path: string; readonly old: string; readonly new: string }[];
}

/** Reads the code blocks of a guide; the first line of each names its file. */
export function stepsOf(markdown: string): GuideSteps {
  const blocks = [...markdown.matchAll(/^```(ts|diff)\n\/\/ (\S+)\n(.*?)^```$/gms)];
  const files = blocks
    .filter(([, kind]) => kind === 'ts')
    .map(([, , path = '', text = '']) => ({ path, text: text.trimStart() }));
  const changes = blocks
    .filter(([, kind]) => kind === 'diff')
    .flatMap(([, , path = '', text = '']) => changesOf(text).map((change) => ({ path, ...change })));
  return { files, changes };
}

/** Copies what the service is built from into a folder, does what the guide says, and builds it there. */
export function buildAsTold(folder: string, steps: GuideSteps): void {
  for (const entry of ['src', 'prisma', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    fs.cpSync(join(root, entry), join(folder, entry), { recursive: true });
  }
  fs.symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { path, text } of steps.files) fs.writeFileSync(join(folder, path), text, { flag: 'wx' });
  for (const change of steps.changes) {
    const file = join(folder, change.path);
    const before = fs.readFileSync(file, 'utf8');
    if (!before.includes(change.old))
      throw new Error(`${change.path} does not hold what the guide changes: ${change.old}`);
    fs.writeFileSync(file, before.replace(change.old, change.new));
  }
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const built = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: folder, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`What the guide says does not compile:\n${built.stdout}`);
}

/** Each run of lines that go away, with the lines that come in their place. */
function changesOf(diff: string): { old: string; new: string }[] {
  return [...diff.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)+)/gm)].map(([, old = '', fresh = '']) => ({
    old: bare(old),
    new: bare(fresh),
  }));
}

function bare(lines: string): string {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(1))
    .join('\n');
}
