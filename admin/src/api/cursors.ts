import type { GetListParams } from 'react-admin';

/**
 * The API has cursors and no page numbers: this remembers the cursor that leads to each page of each list, as far as it was
 * read. A page of a million rows costs as much as the first one.
 */
const trails = new Map<string, (string | undefined)[]>();

export type ListRequest = Pick<GetListParams, 'pagination' | 'sort' | 'filter'>;

/** The cursors of this list with these filters: element n opens page n + 1. */
export function trailOf(resource: string, { pagination, sort, filter }: ListRequest): (string | undefined)[] {
  const key = JSON.stringify([resource, pagination?.perPage, sort, filter]);
  const trail = trails.get(key) ?? [undefined];
  trails.set(key, trail);
  return trail;
}

/** Cursors belong to the user who was logged in. */
export function clearCursors(): void {
  trails.clear();
}
