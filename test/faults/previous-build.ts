import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The package's folder: this file is compiled into dist/faults/test/faults. */
export const packageFolder = join(import.meta.dirname, '../../../..');

/** An error that the command prints in one line. */
export class NotPossible extends Error {}

/** The newest release tag that this commit contains, `v1.2.3`. */
export function previousRelease(): string {
  const tags = run('git', ['tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname']).split('\n');
  const tag = tags.find((each) => /^v\d+\.\d+\.\d+$/.test(each));
  if (tag !== undefined) return tag;
  throw new NotPossible(
    'There is no release tag (v1.2.3) in the history, so there is no previous release. ' +
      'Name a commit: npm run test:previous-release -- --ref <commit>',
  );
}

/**
 * Copies a commit into a temporary folder and builds it there, with the packages of its own lockfile: those that are installed
 * here when the lockfiles are the same. Returns the folder.
 */
export function buildCommit(ref: string): string {
  const commit = run('git', ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], {
    message: `There is no commit ${ref}.`,
  });
  const folder = mkdtempSync(join(tmpdir(), 'plinth-previous-'));
  try {
    const archive = join(folder, 'commit.tar');
    run('git', ['archive', '--output', archive, commit]);
    run('tar', ['-xf', archive, '-C', folder]);
    const same = lockfileOf(folder) === lockfileOf(packageFolder);
    if (same) symlinkSync(join(packageFolder, 'node_modules'), join(folder, 'node_modules'));
    else run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], { folder });
    run(process.execPath, ['build.mjs'], { folder });
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function lockfileOf(folder: string): string {
  return readFileSync(join(folder, 'package-lock.json'), 'utf8');
}

/** Runs a program, and returns what it printed. */
function run(
  program: string,
  args: readonly string[],
  { folder = packageFolder, message }: { readonly folder?: string; readonly message?: string } = {},
): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new NotPossible(message ?? `${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}
