import type { INestApplicationContext } from '@nestjs/common';
import type { Config } from '../platform/config/config.ts';
import { configToken } from '../platform/config/config.module.ts';
import type { EncryptionState } from '../platform/database/encrypted-columns.ts';
import { applicationCommand } from './application-command.ts';
import { UsageError } from './database-command.ts';

/** `status` counts what each secret encrypts; `reencrypt` encrypts all of it with APP_SECRET first. */
type SecretsCommand = 'status' | 'reencrypt';

await applicationCommand({
  readArguments,
  work: async (app, command) => {
    const { EncryptedColumns } = await import('../platform/database/encrypted-columns.ts');
    const columns = app.get(EncryptedColumns);
    if (command === 'reencrypt') {
      await columns.reencrypt((table, rows) => {
        console.log(`${table}: ${rows} rows`);
      });
    }
    const states = await columns.count();
    console.log(tableOf(states));
    const passwords = await passwordHashes(app);
    console.log(passwords.text);
    return exitCode(command, states, passwords.unverifiable);
  },
});

/** 1 while something cannot be read, and after `reencrypt` while something needs a previous secret. */
function exitCode(command: SecretsCommand, states: readonly EncryptionState[], unverifiable: number): number {
  const sum = (count: (state: EncryptionState) => number): number => states.reduce((all, one) => all + count(one), 0);
  const [previous, unreadable] = [sum((state) => state.previous), sum((state) => state.unreadable)];
  if (unreadable > 0)
    console.error(`plinth: ${unreadable} values cannot be decrypted: add the secret to APP_SECRET_PREVIOUS`);
  if (unverifiable > 0)
    console.error(`plinth: ${unverifiable} passwords have a pepper that is not in AUTH_PASSWORD_PEPPER`);
  if (command === 'reencrypt' && previous > 0)
    console.error(`plinth: ${previous} values need APP_SECRET_PREVIOUS: they changed meanwhile, run it again`);
  else if (previous === 0 && unreadable === 0) console.log('APP_SECRET decrypts everything.');
  return unreadable + unverifiable > 0 || (command === 'reencrypt' && previous > 0) ? 1 : 0;
}

function tableOf(states: readonly EncryptionState[]): string {
  const header = ['table', 'current', 'previous', 'unreadable'];
  const rows = states.map(({ table, current, previous, unreadable }) => [table, current, previous, unreadable]);
  return [header, ...rows]
    .map(
      ([table, ...counts]) => `${String(table).padEnd(16)}${counts.map((each) => String(each).padStart(12)).join('')}`,
    )
    .join('\n');
}

/** The number of password hashes of each pepper; those of a pepper that is not configured match no password. */
async function passwordHashes(app: INestApplicationContext): Promise<{ text: string; unverifiable: number }> {
  const { CredentialsService } = await import('../features/users/index.ts');
  const { peppers } = app.get<Config['auth']>(configToken('auth'));
  const counts = await app.get(CredentialsService, { strict: false }).countByPepper();
  let unverifiable = 0;
  const lines = counts.map(({ keyId, hashes }) => {
    const isConfigured = keyId === undefined || peppers.some((pepper) => pepper.keyId === keyId);
    if (!isConfigured) unverifiable += hashes;
    const outdated = isConfigured ? 'hashed again at the next login' : 'not configured';
    return `  ${(keyId ?? 'none').padEnd(14)}${String(hashes).padStart(12)}  ${keyId === peppers[0]?.keyId ? 'current' : outdated}`;
  });
  return { text: ['password hashes by pepper', ...lines].join('\n'), unverifiable };
}

function readArguments(): SecretsCommand {
  const [command, ...others] = process.argv.slice(2);
  if ((command === 'status' || command === 'reencrypt') && others.length === 0) return command;
  throw new UsageError('Usage: npm run secrets -- status | reencrypt');
}
