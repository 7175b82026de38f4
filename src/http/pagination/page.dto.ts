import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Flag, Text, Whole } from '../../validation/fields.ts';

/** What every cursor list takes. */
export class PageQuery {
  @Whole({ min: 1, max: 100, default: 20, description: 'How many to return.', example: 20 })
  readonly limit!: number;

  @Text({ max: 1024, optional: true, description: '`page.next` or `page.prev` of an earlier reply, unchanged.' })
  readonly cursor?: string;
}

@ApiSchema({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Text({
    max: 1024,
    nullable: true,
    description: 'Cursor of the following page; null on the last one.',
    example: 'wZ0XaPq3VtY2m8s5b1k7RlsxLCJuZXh0Il0',
  })
  readonly next!: string | null;

  @Text({ max: 1024, nullable: true, description: 'Cursor of the page before; null on the first one.', example: null })
  readonly prev!: string | null;

  @ApiProperty({ description: 'Whether a following page exists.', example: true })
  readonly hasMore!: boolean;

  @Whole({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    description: 'Number of all entries; only with `Prefer: return=total-count`.',
  })
  readonly total?: number;

  @Flag({
    optional: true,
    description: 'Whether `total` was counted. Beyond 10,000 it is an estimate.',
    example: true,
  })
  readonly totalIsExact?: boolean;
}

/** One page of a list. */
export interface PageDto<Item> {
  readonly data: readonly Item[];
  readonly page: PageInfo;
}

/** The schema of a page of these items; extend it to give it its name: `@ApiSchema({ description: 'A page of users.' })
class UserPage extends PageOf(UserDto) {}`. */
export function PageOf<Item>(item: Type<Item>): Type<PageDto<Item>> {
  class Page implements PageDto<Item> {
    @ApiProperty({ type: [item], maxItems: 100, description: 'The entries of this page, in list order.' })
    readonly data!: readonly Item[];

    @ApiProperty({ type: PageInfo, description: 'Where this page stands in the list.' })
    readonly page!: PageInfo;
  }
  return Page;
}
