import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Whole } from '../../validation/fields.ts';

/** What lists take that are small and bounded, so that pages may be counted. */
export class NumberedPageQuery {
  @Whole({ min: 1, max: 100_000, default: 1, description: 'Which page.', example: 1 })
  readonly page!: number;

  @Whole({ min: 1, max: 100, default: 20, description: 'Entries on a page.', example: 20 })
  readonly perPage!: number;
}

@ApiSchema({ description: 'Where a numbered page stands in its list.' })
class NumberedPageInfo {
  @Whole({ min: 1, max: 100_000, description: 'Which page this is.', example: 1 })
  readonly page!: number;

  @Whole({ min: 1, max: 100, description: 'Entries on a full page.', example: 20 })
  readonly perPage!: number;

  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, description: 'Number of all entries.', example: 1 })
  readonly total!: number;

  @ApiProperty({ description: 'Whether a following page exists.', example: false })
  readonly hasMore!: boolean;
}

/** One numbered page of a list. */
export interface NumberedPageDto<Item> {
  readonly data: readonly Item[];
  readonly page: NumberedPageInfo;
}

/** The rows of one page and the number of all. */
export interface Numbered<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

/** Which rows a query asks for. */
export function rowsOf({ page, perPage }: NumberedPageQuery): { skip: number; take: number } {
  return { skip: (page - 1) * perPage, take: perPage };
}

/** The reply to a query. */
export function numberedPage<Row, Item>(
  { page, perPage }: NumberedPageQuery,
  { rows, total }: Numbered<Row>,
  toItem: (row: Row) => Item,
): NumberedPageDto<Item> {
  return {
    data: rows.map((row) => toItem(row)),
    page: { page, perPage, total, hasMore: page * perPage < total },
  };
}

/** The schema of a numbered page; extend it to give it its name: `class KeyPage extends NumberedPageOf(KeyDto) {}`. */
export function NumberedPageOf<Item>(item: Type<Item>): Type<NumberedPageDto<Item>> {
  class Page implements NumberedPageDto<Item> {
    @ApiProperty({ type: [item], maxItems: 100, description: 'The entries of this page, in list order.' })
    readonly data!: readonly Item[];

    @ApiProperty({ type: NumberedPageInfo, description: 'Where this page stands in the list.' })
    readonly page!: NumberedPageInfo;
  }
  return Page;
}
