import { startEmbedded } from '../../src/database/embedded/embedded-postgres.ts';
import { StartRefused } from '../../src/database/start-refused.ts';

/**
 * A process that owns an embedded PostgreSQL: `node embedded-parent.ts <dataDir>`.
 * Says on one line of JSON how the start went (`{ url, folder, fresh }` or `{ refused }`) and stops when its standard input ends.
 */
const dataDir = process.argv[2] ?? '';

try {
  const postgres = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  say({ url: postgres.url, folder: postgres.folder, fresh: postgres.fresh });
  process.stdin.on('end', () => void postgres.stop()).resume();
} catch (error) {
  if (!(error instanceof StartRefused)) throw error;
  say({ refused: error.message });
}

function say(outcome: unknown): void {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
