import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigInvalid } from './environment.ts';

const leastLength = 32;

/**
 * The application secret of a development machine: made at the first start, read from the data folder afterwards.
 * Losing it makes sealed keys and tokens unreadable, so it is never replaced. Of several first starters one makes it.
 * @throws ConfigInvalid when it can't be kept there, or is damaged
 */
export function developmentSecret(dataDir: string): string {
  const file = join(dataDir, 'app-secret');
  const secret = kept(dataDir, file);
  if (secret.length >= leastLength) return secret;
  throw new ConfigInvalid([`APP_SECRET: ${file} is damaged; restore it, or move the data folder away to start afresh`]);
}

function kept(dataDir: string, file: string): string {
  try {
    if (!existsSync(file)) make(dataDir, file);
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigInvalid([`DATA_DIR: the generated APP_SECRET can't be kept in ${file} (${code})`]);
  }
}

/** A link appears with its whole content or not at all, and never in the place of another. */
function make(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
