// Builds dist/ when one of its sources has changed, the service, the admin console and GraphiQL at the same time; otherwise
// returns in a few milliseconds.
// Plain JavaScript that an old Node.js can parse, so that it can report that the version is too old.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const generated = 'src/platform/database/generated';
const clientStamp = join(root, generated, '.stamp');
const [task = 'build'] = process.argv.slice(2);
const force = task === 'force';

/** What is built apart from the others: the files that it is built from, and how. */
const service = {
  stamp: join(root, 'dist/.stamp'),
  sources: () => [
    ...filesIn('src'),
    ...['prisma/schema.prisma', 'tsconfig.json', 'tsconfig.build.json', 'package.json'],
  ],
  build: async () => {
    await generateClient();
    await run(join(dirname(require.resolve('typescript7/package.json')), 'bin/tsc'), ['-p', 'tsconfig.build.json']);
  },
};
const adminConsole = {
  stamp: join(root, 'dist/.admin-stamp'),
  sources: () => [...filesIn('admin'), ...filesIn('client'), 'package.json'],
  build: () => vite('admin'),
};

const graphiql = {
  stamp: join(root, 'dist/.graphiql-stamp'),
  sources: () => [...filesIn('graphiql'), 'package.json'],
  build: () => vite('graphiql'),
};

assertNodeVersion();
if (task === 'generate') await generateClient();
else await build(parts().filter((part) => force || signature(part) !== read(part.stamp)));

/** A product without the folder of the console has no console; the image has no GraphiQL. */
function parts() {
  const pages = { admin: adminConsole, graphiql };
  return [service, ...Object.keys(pages).flatMap((name) => (existsSync(join(root, name)) ? [pages[name]] : []))];
}

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

/** Builds these parts at the same time. */
async function build(parts) {
  if (parts.length === 0) return;
  console.error('plinth: building …');
  if (force) rmSync(clientStamp, { force: true });
  await Promise.all(
    parts.map(async (part) => {
      const before = signature(part);
      rmSync(part.stamp, { force: true });
      await part.build();
      mkdirSync(dirname(part.stamp), { recursive: true });
      writeFileSync(part.stamp, before);
    }),
  );
}

/** Builds the page of a folder. */
async function vite(folder) {
  await run(
    join(dirname(require.resolve('vite/package.json')), 'bin/vite.js'),
    ['build', folder, '--logLevel', 'warn'],
    // React is built for development with any other value, which the environment may have.
    { NODE_ENV: 'production' },
  );
}

/**
 * Generates Prisma's client when the schema or Prisma has changed. Prisma's CLI downloads an engine that `generate` never
 * uses, unless a program is named in its place.
 */
async function generateClient() {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = `${devDependencies.prisma}\n${readFileSync(join(root, 'prisma/schema.prisma'), 'utf8')}`;
  if (read(clientStamp) === wanted) return;
  await run(require.resolve('prisma/build/index.js'), ['generate', '--no-hints'], {
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  });
  writeFileSync(clientStamp, wanted);
}

/** Runs a program of a package. Prints its output only when it fails, and ends the build then. */
async function run(script, args, env = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, ...env, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
  });
  // The failure of another part ends this one.
  process.once('exit', () => child.kill());
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code === 0) return;
  console.error(Buffer.concat(output).toString());
  console.error(`plinth: ${relative(root, script)} failed, see above.`);
  process.exit(1);
}

/** One line for every source: path, size, time of change. A deleted file changes the signature too. */
function signature({ sources }) {
  return sources()
    .map((file) => [file, statSync(join(root, file)).size, statSync(join(root, file)).mtimeMs].join(' '))
    .join('\n');
}

/** The sources below a folder, relative to the root. */
function filesIn(folder) {
  if (folder === generated) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return filesIn(path);
      return /\.(tsx?|html|json|svg|css)$/.test(path) && !path.endsWith('.spec.ts') ? [path] : [];
    });
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
