import fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './service-process.ts';

/** The files that a process with NODE_V8_COVERAGE has loaded, by their paths in the project, sorted. */
export function loadedFiles(folder: string): string[] {
  const reports = fs.readdirSync(folder).map((name) => fs.readFileSync(join(folder, name), 'utf8'));
  const urls = reports.flatMap((text) =>
    (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
  return [...new Set(urls)].map((url) => url.replace(pathToFileURL(root).href, '')).sort();
}
