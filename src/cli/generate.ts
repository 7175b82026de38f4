import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { nextStamp } from '../platform/database/migrations/create-migration.ts';
import { reportUserErrors, UsageError } from './database-command.ts';
import type { FeatureNames } from './feature-names.ts';
import { assertUsableIdentifiers, featureNames, fillTemplate } from './feature-names.ts';

const root = join(import.meta.dirname, '../..');
const usage = 'Usage: npm run generate -- feature <plural> [singular] [--graphql]';
const kinds = ['controller', 'dto', 'errors', 'module', 'repository', 'service'] as const;

type Use = readonly [file: string, pattern: string];

/** Names that features in other folders may have. */
const uses: readonly Use[] = [
  ['prisma/schema.prisma', '^model __Singular__ {'],
  ['prisma/schema.prisma', '^ +@@map[(]"__snake_plural__"[)]'],
  ['prisma/schema.prisma', '(?<=^model User {[^}]*)^ +__plural__ '],
  ['src/app.module.ts', 'import { __Plural__Module }'],
  ['docs/openapi.json', '"/v1/__kebab_plural__"'],
  ['docs/openapi.json', '"operationId": "(list__Plural__|(get|create|update|delete)__Singular__)"'],
  ['docs/openapi.json', '"((Create|Update)__Singular__Dto|__Singular__Dto|__Singular__Page)": {'],
];
const graphqlUses: readonly Use[] = [
  ['docs/schema.graphql', '^(type|enum|scalar) __Singular__(Edge|Connection)?( {|$)'],
  ['docs/schema.graphql', '^input (Create|Update)__Singular__Input {'],
  [
    'docs/schema.graphql',
    '(?<=^type (Query|Mutation) {[^}]*)^  (__singular__|__plural__|(create|update|delete)__Singular__)[(:]',
  ],
];

await reportUserErrors(async () => {
  const { positionals, graphql } = commandLine();
  const [kind, plural, singular, ...others] = positionals;
  if (kind !== 'feature' || others.length > 0) throw new UsageError(usage);
  const names = featureNames(plural, singular);
  const paths = generateFeature(names, graphql);
  console.log(fillTemplate('Plural: __words_plural__. Singular: __words_singular__.\n', names));
  for (const path of paths) {
    if (path.endsWith('.ts')) await format(join(root, path));
    console.log(path);
  }
  console.log(`\nNext: npm run generate:docs, then the new test: npm test -- test/${String(plural)}`);
  return 0;
});

/** @throws UsageError for an unknown option */
function commandLine(): { readonly positionals: readonly string[]; readonly graphql: boolean } {
  try {
    const options = { graphql: { type: 'boolean', default: false } } as const;
    const { positionals, values } = parseArgs({ allowPositionals: true, options });
    return { positionals, graphql: values.graphql };
  } catch {
    throw new UsageError(usage);
  }
}

/**
 * Writes the files of a feature, with `graphql` a resolver too, and adds it to prisma/schema.prisma and src/app.module.ts.
 *
 * @returns paths of the written and edited files, relative to the repository
 * @throws UsageError when the feature, or something else of its name, exists
 */
function generateFeature(names: FeatureNames, graphql: boolean): string[] {
  const written = ['entity', ...kinds, ...(graphql ? ['resolver'] : [])];
  assertUsableIdentifiers(names, written.map((kind) => templateOf(`${kind}.ts`)).join('\n'));
  const files = filesOf(names, graphql);
  const existing = Object.keys(files).find((path) => existsSync(join(root, path)));
  if (existing !== undefined) throw new UsageError(`${existing} exists already.`);
  assertUnused(names, [...uses, ...(graphql ? graphqlUses : [])]);
  const edits = editsOf(names);
  for (const [path, text] of Object.entries({ ...files, ...edits })) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return [...Object.keys(files), ...Object.keys(edits)];
}

function assertUnused(names: FeatureNames, all: readonly Use[]): void {
  for (const [file, pattern] of all) {
    const [found] = new RegExp(fillTemplate(pattern, names), 'm').exec(read(file)) ?? [];
    if (found !== undefined) throw new UsageError(`${file} has "${found.trim()}" already: choose another name.`);
  }
}

function filesOf(names: FeatureNames, graphql: boolean): Record<string, string> {
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
    ...(graphql && {
      [`${folder}/${feature}.resolver.ts`]: 'resolver.ts',
      [`test/${feature}/${feature}-graphql.e2e-spec.ts`]: 'graphql-e2e-spec.ts',
    }),
  };
  return Object.fromEntries(
    Object.entries(templates).map(([path, template]) => [path, fillTemplate(templateOf(template), names, { graphql })]),
  );
}

/** The two files of the repository that know every feature. */
function editsOf(names: FeatureNames): Record<string, string> {
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
    'prisma/schema.prisma': `${schema.trimEnd()}\n\n${fillTemplate(templateOf('model.prisma'), names)}`,
    'src/app.module.ts': replaced(imported, /()( +\.\.\.features,)/, (_, rest) => `        ${module},\n${rest}`),
  };
}

function replaced(text: string, pattern: RegExp, replacement: (before: string, after: string) => string): string {
  if (!pattern.test(text)) throw new UsageError(`The file to edit does not match ${String(pattern)}.`);
  return text.replace(pattern, (_, before: string, after: string) => replacement(before, after));
}

function templateOf(name: string): string {
  return read(`templates/feature/${name}.txt`);
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Lines break differently for each length of the name. Prettier is a development dependency, like this command. */
async function format(path: string): Promise<void> {
  const prettier = await import('prettier');
  const options = { ...(await prettier.resolveConfig(path)), filepath: path };
  writeFileSync(path, await prettier.format(readFileSync(path, 'utf8'), options));
}
