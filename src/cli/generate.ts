import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportUserErrors, UsageError } from './database-command.ts';
import { featureNames } from './feature-names.ts';
import { generateFeature } from './generate-feature.ts';

const root = join(import.meta.dirname, '../..');

await reportUserErrors(async () => {
  const [kind, name, ...others] = process.argv.slice(2);
  if (kind !== 'feature' || others.length > 0) throw new UsageError('Usage: npm run generate -- feature <name>');
  for (const path of generateFeature(root, featureNames(name))) {
    if (path.endsWith('.ts')) await format(join(root, path));
    console.log(path);
  }
  console.log('\nNext: npm run docs:openapi && npm run client, then the new test: npm test -- test/' + String(name));
  return 0;
});

/** Lines break differently for each length of the name. Prettier is a development dependency, like this command. */
async function format(path: string): Promise<void> {
  const prettier = await import('prettier');
  const options = { ...(await prettier.resolveConfig(path)), filepath: path };
  writeFileSync(path, await prettier.format(readFileSync(path, 'utf8'), options));
}
