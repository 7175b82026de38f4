import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartRefused } from '../start-refused.ts';
import type { ClusterPlace } from './cluster-place.ts';
import { startAfresh } from './cluster-place.ts';

/**
 * The password of the server's user `plinth`: made before the first cluster, read from the data folder afterwards.
 * @throws StartRefused when there is a cluster but its password is lost
 */
export function clusterPassword(dataDir: string, place: ClusterPlace): string {
  const file = join(dataDir, 'postgres-password');
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (/^[\w-]{16,}$/.test(kept)) return kept;
  if (place.major !== undefined) {
    throw new StartRefused(
      `${file}, the password of ${place.folder}, is lost: bring it back, or ${startAfresh(place)}.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}
