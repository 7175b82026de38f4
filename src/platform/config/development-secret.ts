import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidConfigError } from './startup-error.ts';

const minLength = 32;

/**
 * The application secret of a development machine: generated at the first start, read from the data folder afterwards.
 * Without it encrypted keys and tokens cannot be read, so it is never replaced. One of several concurrent starts
 * generates it.
 * @throws InvalidConfigError when it cannot be stored there, or is damaged
 */
export function developmentSecret(dataDir: string): string {
  const file = join(dataDir, 'app-secret');
  const secret = readOrCreate(dataDir, file);
  if (secret.length >= minLength) return secret;
  throw new InvalidConfigError([
    `APP_SECRET: ${file} is damaged; restore it, or move the data folder away to start with an empty database`,
  ]);
}

function readOrCreate(dataDir: string, file: string): string {
  try {
    if (!existsSync(file)) create(dataDir, file);
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new InvalidConfigError([`DATA_DIR: the generated APP_SECRET cannot be stored in ${file} (${code})`]);
  }
}

/** A hard link appears with its whole content or not at all, and never replaces another file. */
function create(dataDir: string, file: string): void {
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
