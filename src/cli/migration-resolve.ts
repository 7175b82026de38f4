import { parseArgs } from 'node:util';
import type { Resolution } from '../database/migrations/resolve-migration.ts';
import { resolveMigration } from '../database/migrations/resolve-migration.ts';
import { databaseCommand, UsageError } from './database-command.ts';

await databaseCommand(readArguments, async (url, { name, as }) => {
  await resolveMigration({ url, name, as });
  console.log(`${name} is taken as ${as}. Now "npm run db:migrate".`);
  return 0;
});

function readArguments(): { name: string; as: Resolution } {
  const { positionals, values } = parsed();
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0 || values.applied === values['rolled-back']) throw wrongUsage();
  return { name, as: values.applied ? 'applied' : 'rolled-back' };
}

function parsed(): { positionals: string[]; values: { applied: boolean; 'rolled-back': boolean } } {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        applied: { type: 'boolean', default: false },
        'rolled-back': { type: 'boolean', default: false },
      },
    });
  } catch {
    throw wrongUsage();
  }
}

function wrongUsage(): UsageError {
  return new UsageError('Usage: npm run db:resolve -- <name of the migration> --rolled-back | --applied');
}
