import { StartupError } from './startup-error.ts';

/**
 * Loads a package that is needed only if a variable is set.
 * @throws StartupError when it is not installed
 */
export async function loadOptional<T>(load: () => Promise<T>, variable: string, packages: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new StartupError(`${variable} is set, but a package is missing: npm install ${packages}`, { cause: error });
  }
}
