import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configurationReference, envExample } from '../platform/config/reference.ts';

const root = join(import.meta.dirname, '../..');

write('.env.example', envExample());
write('docs/reference/configuration.md', configurationReference());

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`Wrote ${path}`);
}
