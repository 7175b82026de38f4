import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nextStamp } from '../platform/database/migrations/create-migration.ts';
import { UsageError } from './database-command.ts';
import type { FeatureNames } from './feature-names.ts';
import { fillTemplate } from './feature-names.ts';

const kinds = ['controller', 'dto', 'errors', 'module', 'repository', 'service'] as const;

/**
 * Writes the files of a feature and adds it to prisma/schema.prisma and src/app.module.ts.
 *
 * @param root folder of the repository
 * @returns paths of the written and edited files, relative to `root`
 * @throws UsageError when the feature exists
 */
export function generateFeature(root: string, names: FeatureNames): string[] {
  const files = filesOf(root, names);
  const existing = Object.keys(files).find((path) => existsSync(join(root, path)));
  if (existing !== undefined) throw new UsageError(`${existing} exists already.`);
  const edits = editsOf(root, names);
  for (const [path, text] of Object.entries({ ...files, ...edits })) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return [...Object.keys(files), ...Object.keys(edits)];
}

function filesOf(root: string, names: FeatureNames): Record<string, string> {
  const feature = fillTemplate('__kebab_plural__', names);
  const folder = `src/features/${feature}`;
  const migrations = readdirSync(join(root, 'prisma/migrations')).filter((name) => /^\d{14}_/.test(name));
  const migration = `${nextStamp(new Date(), migrations.sort().at(-1))}_${fillTemplate('__snake_plural__', names)}`;
  const templates: Record<string, string> = {
    [`${folder}/${fillTemplate('__kebab_singular__', names)}.ts`]: 'entity.ts',
    ...Object.fromEntries(kinds.map((kind) => [`${folder}/${feature}.${kind}.ts`, `${kind}.ts`])),
    [`${folder}/index.ts`]: 'index.ts',
    [`test/${feature}/${feature}.e2e-spec.ts`]: 'e2e-spec.ts',
    [`prisma/migrations/${migration}/migration.sql`]: 'migration.sql',
  };
  return Object.fromEntries(
    Object.entries(templates).map(([path, template]) => [path, fillTemplate(templateOf(root, template), names)]),
  );
}

/** The two files of the repository that know every feature. */
function editsOf(root: string, names: FeatureNames): Record<string, string> {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const relation = fillTemplate('  __plural__ __Singular__[]\n', names);
  const schema = replaced(
    read('prisma/schema.prisma'),
    /(model User \{[^}]*?)(\n {2}@@map\("users"\))/,
    (old, rest) => {
      return `${old.trimEnd()}\n${relation}${rest}`;
    },
  );
  const module = fillTemplate('__Plural__Module', names);
  const index = `./features/${fillTemplate('__kebab_plural__', names)}/index.ts`;
  const imported = replaced(read('src/app.module.ts'), /()(\n\/\*\* The modules of the service)/, (_, rest) => {
    return `import { ${module} } from '${index}';\n${rest}`;
  });
  return {
    'prisma/schema.prisma': `${schema.trimEnd()}\n\n${fillTemplate(templateOf(root, 'model.prisma'), names)}`,
    'src/app.module.ts': replaced(imported, /()( +\.\.\.features,)/, (_, rest) => `        ${module},\n${rest}`),
  };
}

function replaced(text: string, pattern: RegExp, replacement: (before: string, after: string) => string): string {
  if (!pattern.test(text)) throw new UsageError(`The file to edit does not match ${String(pattern)}.`);
  return text.replace(pattern, (_, before: string, after: string) => replacement(before, after));
}

function templateOf(root: string, name: string): string {
  return readFileSync(join(root, 'templates/feature', `${name}.txt`), 'utf8');
}
