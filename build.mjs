// Builds dist/ when something it is made from has changed; otherwise returns in a few milliseconds.
// Plain JavaScript that an old Node can read, so that it can say what is wrong with one.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const stamp = join(root, 'dist/.stamp');
const generated = 'src/database/generated';
const [task = 'build'] = process.argv.slice(2);

refuseOldNode();
if (task === 'generate') generateClient();
else if (task === 'force' || signature() !== read(stamp)) build();

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12)) return;
  console.error(
    `plinth: Node ${process.versions.node} is too old and the one that npm installs beside Plinth is missing. ` +
      'Run "npm rebuild node" (its install script must be allowed to run), or install Node 24.',
  );
  process.exit(1);
}

function build() {
  const before = signature();
  console.error('plinth: building …');
  rmSync(stamp, { force: true });
  generateClient();
  run('typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, before);
}

/** Prisma's CLI wants to download an engine that `generate` never uses; naming any program instead keeps it offline. */
function generateClient() {
  run('prisma/build/index.js', ['generate', '--no-hints'], { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath });
}

function run(script, args, env = {}) {
  const result = spawnSync(process.execPath, [require.resolve(script), ...args], {
    cwd: root,
    env: { ...process.env, ...env, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
    encoding: 'utf8',
  });
  if (result.status === 0) return;
  console.error(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  console.error(`plinth: ${script} failed, see above.`);
  process.exit(1);
}

/** One line for every source: path, size, time of change. A deleted file changes it too. */
function signature() {
  const own = ['prisma/schema.prisma', 'tsconfig.json', 'tsconfig.build.json', 'package.json'].map((f) =>
    join(root, f),
  );
  return [...sources(join(root, 'src')), ...own]
    .map((file) => [relative(root, file), statSync(file).size, statSync(file).mtimeMs].join(' '))
    .join('\n');
}

function sources(folder) {
  if (relative(root, folder) === generated) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return path.endsWith('.ts') && !path.endsWith('.spec.ts') ? [path] : [];
    });
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
