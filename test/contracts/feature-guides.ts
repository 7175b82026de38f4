import { expect } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { createMigration } from '../../src/platform/database/migrations/create-migration.ts';
import { createDatabase } from '../harness/database/database.ts';
import type { GuideSteps } from '../harness/process/guide.ts';
import { applySteps, copySources, runIn, stepsOf } from '../harness/process/guide.ts';
import { root, temporaryFolder } from '../harness/process/service-process.ts';

/** Folders of the features that the generator and the guides write. */
export const generatedFolders = ['src/features/reading-lists', 'test/reading-lists'];
/** The only existing files that a new feature edits. */
export const existingFiles = ['prisma/schema.prisma', 'src/app.module.ts'];
const stepsIn = (guide: string): GuideSteps => stepsOf(fs.readFileSync(join(root, 'docs/guides', guide), 'utf8'));
const steps = stepsIn('add-a-feature.md');
const relationSteps = stepsIn('one-to-many.md');
const testingSteps = stepsIn('testing.md');
const graphqlSteps = stepsIn('graphql.md');
const folder = temporaryFolder();

/** Runs a Node program in the copy of the repository. */
export const run = (...args: readonly string[]): string => runIn(folder, process.execPath, args);

/** Paths of the copy whose content differs from the repository. */
function changedFiles(): string[] {
  return ['src', 'prisma', 'test', 'docs', 'client']
    .flatMap((entry) => fs.readdirSync(join(folder, entry), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => fs.existsSync(join(root, path)))
    .filter((path) => !fs.readFileSync(join(folder, path)).equals(fs.readFileSync(join(root, path))));
}

/**
 * Generates a feature in a copy of the repository, follows the guides add-a-feature, one-to-many, testing and graphql
 * there, and builds the service. Returns the existing files that this has edited by hand or by the generator.
 */
export async function buildGuideFeatures(): Promise<string[]> {
  const tooling = [
    '.prettierrc.json',
    'build.mjs',
    'tsconfig.faults.json',
    'jest.config.js',
    'eslint.config.js',
    'dist',
    'templates',
  ];
  copySources(folder, ['test/harness', 'test/faults', 'bench', 'docs', 'client', ...tooling]);

  const generated = run('dist/cli/generate.js', 'feature', 'reading-lists');
  expect(existingFiles.every((path) => generated.includes(`${path}\n`))).toBe(true);
  expect(changedFiles().sort()).toEqual(existingFiles);
  applySteps(folder, steps);
  expect([...new Set(steps.changes.map(({ path }) => path))].sort()).toEqual(existingFiles);
  expect(changedFiles().sort()).toEqual(existingFiles);
  const migration = await createMigrationOf('notes');
  expect(migration).toContain('CREATE TABLE "notes"');
  expect(migration).not.toContain('reading_lists');
  applySteps(folder, relationSteps);
  expect([...new Set(relationSteps.changes.map(({ path }) => path))].sort()).toEqual([
    'prisma/schema.prisma',
    'src/features/reading-lists/reading-lists.module.ts',
  ]);
  applySteps(folder, testingSteps);
  expect(testingSteps).toMatchObject({ files: { length: 3 }, changes: [] });
  applySteps(folder, graphqlSteps);
  expect(graphqlSteps).toMatchObject({ files: { length: 2 }, changes: { length: 4 } });
  expect(await createMigrationOf('books')).toContain('CREATE INDEX "books_list_id_due_on_id_idx"');
  const edited = changedFiles().sort();

  run('build.mjs');
  run('dist/cli/generate-docs.js');
  return edited;
}

/** Runs the specs of both features in one process of Jest, which transforms each file once, and returns its output. */
export function runGuideSpecs(...options: readonly string[]): string {
  const specs = ['test/notes', 'test/reading-lists', 'src/features/notes'];
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  return run(jest, ...specs, '--reporters=default', '--runInBand', ...options);
}

/** Writes the migration of a guide's table as `npm run db:diff` does, and returns its SQL. */
async function createMigrationOf(table: string): Promise<string> {
  const database = await createDatabase();
  const migrations = join(folder, 'prisma/migrations');
  const options = { url: database.ownUrl, folder: migrations, schema: join(folder, 'prisma/schema.prisma') };
  const name = await createMigration({ ...options, name: table });
  await database.drop();
  return fs.readFileSync(join(migrations, name ?? '', 'migration.sql'), 'utf8');
}
