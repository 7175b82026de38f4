import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** Compiles the scenarios and benchmarks, which are not part of the service's build, once before the tests. */
export function compileScenarios(): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const compiled = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.faults.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (compiled.status !== 0) throw new Error(`The scenarios do not compile:\n${compiled.stdout}`);
}
