// Builds dist/ when one of its sources has changed; otherwise returns in a few milliseconds.
// Plain JavaScript that an old Node.js can parse, so that it can report that the version is too old.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const stamp = join(root, 'dist/.stamp');
const generated = 'src/platform/database/generated';
const clientStamp = join(root, generated, '.stamp');
const [task = 'build'] = process.argv.slice(2);

assertNodeVersion();
if (task === 'generate') generateClient();
else if (task === 'force' || signature() !== read(stamp)) build({ force: task === 'force' });

function assertNodeVersion() {
  const current = process.versions.node.split('.').map(Number);
  const required = [24, 11, 1];
  const different = required.findIndex((part, index) => part !== current[index]);
  if (different === -1 || current[different] > required[different]) return;
  console.error(
    `plinth: Node ${process.versions.node} is older than ${required.join('.')}, and the Node of package.json is not ` +
      'installed. Run "npm rebuild node" (its install script must be allowed to run), or install Node 24.',
  );
  process.exit(1);
}

function build({ force }) {
  const before = signature();
  console.error('plinth: building …');
  rmSync(stamp, { force: true });
  if (force) rmSync(clientStamp, { force: true });
  generateClient();
  run(join(dirname(require.resolve('typescript7/package.json')), 'bin/tsc'), ['-p', 'tsconfig.build.json']);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, before);
}

/**
 * Generates Prisma's client when the schema or Prisma has changed. Prisma's CLI downloads an engine that `generate` never
 * uses, unless a program is named in its place.
 */
function generateClient() {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = `${devDependencies.prisma}\n${readFileSync(join(root, 'prisma/schema.prisma'), 'utf8')}`;
  if (read(clientStamp) === wanted) return;
  run('prisma/build/index.js', ['generate', '--no-hints'], { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath });
  writeFileSync(clientStamp, wanted);
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

/** One line for every source: path, size, time of change. A deleted file changes the signature too. */
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
