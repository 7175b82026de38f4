import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Text, Whole } from '../../validation/fields.ts';
import { PageInfo } from './page.dto.ts';

/** What small lists take: a cursor, as every list does, or the number of a page. */
export class NumberedPageQuery {
  @Whole({
    min: 1,
    max: 100,
    optional: true,
    description: 'How many to return, with or without `cursor`; pages then have no number. 20 beside a `cursor`.',
    example: 20,
  })
  readonly limit?: number;

  @Text({ max: 1024, optional: true, description: '`page.next` or `page.prev` of an earlier response, unchanged.' })
  readonly cursor?: string;

  @Whole({
    min: 1,
    max: 100_000,
    optional: true,
    description: 'Which page, instead of `limit` and `cursor`; 1 when absent.',
    example: 1,
  })
  readonly page?: number;

  @Whole({
    min: 1,
    max: 100,
    optional: true,
    description: 'Entries on a page that is requested by its number; 20 when absent.',
    example: 20,
  })
  readonly perPage?: number;
}

@ApiSchema({ description: 'Where a page of a small list stands.' })
class NumberedPageInfo extends PageInfo {
  @Whole({ min: 1, max: 100_000, optional: true, description: 'Which page this is; absent when a cursor led to it.' })
  readonly page?: number;

  @Whole({ min: 1, max: 100, optional: true, description: 'Entries on a full page; together with `page`.' })
  readonly perPage?: number;
}

/** One page of a small list. Asked for by its number, it tells the number of all entries as well. */
export interface NumberedPageDto<Item> {
  readonly data: readonly Item[];
  readonly page: NumberedPageInfo;
}

/** The schema of such a page; extend it to give it its name: `class KeyPage extends NumberedPageOf(KeyDto) {}`. */
export function NumberedPageOf<Item>(item: Type<Item>): Type<NumberedPageDto<Item>> {
  class Page implements NumberedPageDto<Item> {
    @ApiProperty({ type: [item], maxItems: 100, description: 'The entries of this page, in list order.' })
    readonly data!: readonly Item[];

    @ApiProperty({ type: NumberedPageInfo, description: 'Where this page stands in the list.' })
    readonly page!: NumberedPageInfo;
  }
  return Page;
}
