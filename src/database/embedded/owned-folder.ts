import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { StartRefused } from '../start-refused.ts';

/**
 * Makes a folder that root owns and everybody may pass through, or checks the one that is there.
 * @throws StartRefused when somebody else owns it or may write to it
 */
export function ensureOwnedFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true });
  if (made !== undefined) chmodSync(folder, 0o755);
  requireOwned(folder);
}

/** @throws StartRefused unless the path is a folder that only root can change */
export function requireOwned(folder: string): void {
  const found = lstatSync(folder);
  if (found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return;
  throw new StartRefused(`${folder} is not a folder that only root can change: remove it and start again.`);
}
