import { startEmbedded } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { StartupError } from '../../../src/platform/config/startup-error.ts';

/**
 * A process that owns an embedded PostgreSQL: `node dev-postgres-parent.ts <dataDir>`. Prints the outcome of the start
 * as one line of JSON (`{ url, folder, fresh }` or `{ refused }`) and stops when its standard input ends.
 */
const dataDir = process.argv[2] ?? '';

try {
  const postgres = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  send({ url: postgres.url, folder: postgres.folder, fresh: postgres.fresh });
  process.stdin.on('end', () => void postgres.stop()).resume();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  send({ refused: error.message });
}

function send(outcome: unknown): void {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
