import fs from 'node:fs';
import { join } from 'node:path';
import type { Json } from './api-document.ts';

/** A part of the document and its JSON Pointer. */
export interface DocumentPart {
  readonly at: string;
  readonly value: Json;
}

/** The committed document. */
export const committedDocument: Json = JSON.parse(
  fs.readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8'),
) as Json;

/** Members that hold data of the API rather than a description of it. */
const data = new Set(['const', 'default', 'enum', 'example', 'value']);

/** Every object of the document, the outer ones first, without the data of examples. */
export function partsOf(value: unknown = committedDocument, at = ''): DocumentPart[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => partsOf(item, `${at}/${index}`));
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value)
    // Named examples are objects with a `value`; those of a schema are a list of values.
    .filter(([key, member]) => !data.has(key) && !(key === 'examples' && Array.isArray(member)))
    .flatMap(([key, member]) => partsOf(member, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`));
  return [{ at, value: value as Json }, ...inner];
}
