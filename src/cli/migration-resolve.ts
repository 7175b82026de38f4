import { parseArgs } from 'node:util';
import type { Resolution } from '../platform/database/migrations/resolve-migration.ts';
import { resolveMigration } from '../platform/database/migrations/resolve-migration.ts';
import { databaseCommand, UsageError } from './database-command.ts';

await databaseCommand(readArguments, async (url, { name, as }) => {
  await resolveMigration({ url, name, as });
  console.log(`${name} is marked as ${as}. Now run "npm run db:migrate".`);
  return 0;
});

function readArguments(): { name: string; as: Resolution } {
  const { positionals, values } = parseArguments();
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0 || values.applied === values['rolled-back']) throw usageError();
  return { name, as: values.applied ? 'applied' : 'rolled-back' };
}

function parseArguments(): { positionals: string[]; values: { applied: boolean; 'rolled-back': boolean } } {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        applied: { type: 'boolean', default: false },
        'rolled-back': { type: 'boolean', default: false },
      },
    });
  } catch {
    throw usageError();
  }
}

function usageError(): UsageError {
  return new UsageError('Usage: npm run db:resolve -- <name of the migration> --rolled-back | --applied');
}
