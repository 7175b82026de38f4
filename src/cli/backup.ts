import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseConfig } from '../platform/config/config.ts';
import { loadEnvironment } from '../platform/config/load-environment.ts';
import { baseBackup } from '../platform/database/base-backup.ts';
import { databaseCommand, UsageError } from './database-command.ts';

await databaseCommand(readArguments, async (url, folder) => {
  const { database, service } = parseConfig(await loadEnvironment());
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    const { files, endLsn } = await baseBackup(url, join(folder, 'cluster'));
    if (database.url === undefined)
      copyFileSync(join(service.dataDir, 'postgres-password'), join(folder, 'postgres-password'));
    console.log(`Copied ${files} files to ${folder}, up to WAL ${endLsn}. It does not contain APP_SECRET.`);
    return 0;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
});

function readArguments(): string {
  const [folder, ...others] = process.argv.slice(2);
  if (folder === undefined || others.length > 0) throw new UsageError('Usage: npm run db:backup -- <new folder>');
  if (existsSync(folder)) throw new UsageError(`${folder} exists: a backup has a folder of its own`);
  return resolve(folder);
}
