import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the build writes from admin/, below the root of the package; production images may omit it. */
export const consoleFolder = join(import.meta.dirname, '../../../dist/admin');

/** Stands in admin/index.html for what depends on the request and the configuration. */
const placeholder = '<meta name="console" />';

/**
 * The page of the admin console with these elements in its head; undefined when the console is not built. It is read for
 * each request, so that a build takes effect without a restart.
 */
export async function consolePage(elements: string): Promise<string | undefined> {
  const page = await readFile(join(consoleFolder, 'index.html'), 'utf8').catch(undefinedIfMissing);
  return page?.replace(placeholder, () => elements);
}

/** Whether the page exists, for links to it. */
export function isConsoleBuilt(): boolean {
  return existsSync(join(consoleFolder, 'index.html'));
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
