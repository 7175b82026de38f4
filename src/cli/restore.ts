import { resolve } from 'node:path';
import { parseConfig } from '../platform/config/config.ts';
import { loadEnvironment } from '../platform/config/load-environment.ts';
import { restoreCluster } from '../platform/dev-postgres/restore-cluster.ts';
import { reportUserErrors, UsageError } from './database-command.ts';

await reportUserErrors(async () => {
  const [folder, ...others] = process.argv.slice(2);
  if (folder === undefined || others.length > 0) throw new UsageError('Usage: npm run db:restore -- <backup>');
  const { service } = parseConfig(await loadEnvironment());
  console.log(
    `Restored to ${restoreCluster(resolve(folder), service.dataDir)}. Start the service with its APP_SECRET.`,
  );
  return 0;
});
