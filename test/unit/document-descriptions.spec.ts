import { describe, expect, it } from '@jest/globals';
import { operations } from '../harness/openapi/api-document.ts';
import type { DocumentPart } from '../harness/openapi/document-parts.ts';
import { committedDocument, partsOf } from '../harness/openapi/document-parts.ts';

const parts = partsOf();
const { tags } = committedDocument as unknown as { tags: { name: string; description: string }[] };

/** The direct children of the matching parts of the document. */
function below(place: RegExp): DocumentPart[] {
  return parts.filter(({ at }) => place.test(at.slice(0, at.lastIndexOf('/'))));
}

function isDescribed({ value: { description, summary } }: DocumentPart): boolean {
  const text = description ?? summary;
  return typeof text === 'string' && text.length > 8 && /[.)`]$/.test(text);
}

/** References and constants need no description. */
function isEvident({ value }: DocumentPart): boolean {
  return '$ref' in value || 'const' in value;
}

describe('The document describes', () => {
  it.each([
    ['schema', /^\/components\/schemas$/],
    ['response', /\/responses$/],
    ['header', /^\/components\/headers$/],
    ['parameter', /\/parameters$/],
    ['member', /\/properties$/],
    ['operation', /^\/paths\/[^/]+$/],
  ])('every %s', (_what, place) => {
    const found = below(place);

    expect(found.length).toBeGreaterThan(10);
    expect(found.filter((part) => !isEvident(part) && !isDescribed(part)).map(({ at }) => at)).toEqual([]);
  });

  it('every operation with a summary and a unique name', () => {
    const summaries = below(/^\/paths\/[^/]+$/).map(({ value }) => value['summary']);

    expect(summaries.filter((summary) => typeof summary !== 'string' || summary === '')).toEqual([]);
    expect(new Set(summaries).size).toBe(summaries.length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('every tag, and tags each operation with one of them', () => {
    const names = tags.map(({ name }) => name);
    const used = below(/^\/paths\/[^/]+$/).map(({ value }) => value['tags'] as string[]);

    expect(tags.filter(({ description }) => description.length < 20)).toEqual([]);
    expect(used.filter((list) => list.length !== 1 || !names.includes(list[0] ?? ''))).toEqual([]);
    expect(new Set(used.flat())).toEqual(new Set(names));
  });

  it.each([
    ['/v1/job-schedules', 'schedules'],
    ['/v1/queues', 'queues'],
    ['/v1/audit-events', 'audit'],
  ])('operations below %s with the tag %s', (path, tag) => {
    const there = parts.filter(({ at }) => at.startsWith(`/paths/${path.replaceAll('/', '~1')}`));
    const under = there.flatMap(({ value }) => ('operationId' in value ? [value['tags']] : []));

    expect(under.length).toBeGreaterThan(0);
    expect(under.filter((tagged) => String(tagged) !== tag)).toEqual([]);
  });
});
