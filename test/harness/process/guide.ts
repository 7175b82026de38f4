import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './service-process.ts';

/** The steps of a guide: new files, and lines to change in existing files. */
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

/** Copies the sources of the service into a folder, applies the steps of a guide, and builds the service there. */
export function applyGuide(folder: string, steps: GuideSteps): void {
  copySources(folder);
  applySteps(folder, steps);
  runIn(folder, process.execPath, [join(root, 'node_modules/typescript7/bin/tsc'), '-p', 'tsconfig.build.json']);
}

/**
 * Runs a program in a copy of the repository and returns its output. It inherits no variables of Jest and of this run:
 * tests of the copy start a PostgreSQL of their own, because they create the template that all test files of a server
 * copy.
 * @throws with the output when the program fails
 */
export function runIn(folder: string, program: string, args: readonly string[]): string {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(JEST_WORKER_ID|NODE_OPTIONS|TEST_)/.test(name));
  const options = { cwd: folder, env: Object.fromEntries(inherited), encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
  return stdout + stderr;
}

/** Copies what the service is built from into a folder, and more entries of the repository if given. */
export function copySources(folder: string, more: readonly string[] = []): void {
  for (const entry of ['src', 'prisma', 'package.json', 'tsconfig.json', 'tsconfig.build.json', ...more]) {
    fs.cpSync(join(root, entry), join(folder, entry), { recursive: true, preserveTimestamps: true });
  }
  fs.symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** Writes the new files of a guide into a copy of the repository, and edits those that it changes. */
export function applySteps(folder: string, steps: GuideSteps): void {
  for (const { path, text } of steps.files) {
    fs.mkdirSync(dirname(join(folder, path)), { recursive: true });
    fs.writeFileSync(join(folder, path), text, { flag: 'wx' });
  }
  for (const change of steps.changes) {
    const file = join(folder, change.path);
    const before = fs.readFileSync(file, 'utf8');
    if (!before.includes(change.old))
      throw new Error(`${change.path} does not contain the lines that the guide changes: ${change.old}`);
    fs.writeFileSync(file, before.replace(change.old, change.new));
  }
}

/** Each run of removed lines with the lines that replace them. */
function changesOf(diff: string): { old: string; new: string }[] {
  return [...diff.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)+)/gm)].map(([, old = '', added = '']) => ({
    old: bare(old),
    new: bare(added),
  }));
}

function bare(lines: string): string {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(1))
    .join('\n');
}
