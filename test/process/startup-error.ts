import { expect } from '@jest/globals';
import { emptyDatabase } from '../harness/database/empty-database.ts';
import { temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';

export const timeoutMs = 180_000;
export const database = await emptyDatabase();

/** Starts the service and returns the one line of its error. */
export async function startupError(
  variables: Readonly<Record<string, string>>,
  folder = temporaryFolder(),
): Promise<string> {
  const { code, stdout, stderr } = await ServiceProcess.start(folder, variables).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^plinth: .+\n$/);
  return stderr.trimEnd();
}

export function databaseUrlWith(change: (url: URL) => void): string {
  const url = new URL(database);
  change(url);
  return url.href;
}
