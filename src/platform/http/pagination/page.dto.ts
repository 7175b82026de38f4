import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { BooleanField, StringField, IntegerField } from '../../validation/fields.ts';

/** The page parameters of every list. */
export class PageQuery {
  @IntegerField({ min: 1, max: 100, default: 20, description: 'Maximum number of entries.', example: 20 })
  readonly limit!: number;

  @StringField({
    max: 1024,
    optional: true,
    description: '`page.next` or `page.prev` of an earlier response, unchanged.',
  })
  readonly cursor?: string;
}

@ApiSchema({ description: 'The position of a page in its list.' })
export class PageInfo {
  @StringField({
    max: 1024,
    nullable: true,
    description: 'Cursor of the next page; null on the last page.',
    example: 'wZ0XaPq3VtY2m8s5b1k7RlsxLCJuZXh0Il0',
  })
  readonly next!: string | null;

  @StringField({
    max: 1024,
    nullable: true,
    description: 'Cursor of the previous page; null on the first page.',
    example: null,
  })
  readonly prev!: string | null;

  @ApiProperty({ description: 'Whether a next page exists.', example: true })
  readonly hasMore!: boolean;

  @IntegerField({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    description: 'Number of all entries; only with `Prefer: return=total-count`.',
  })
  readonly total?: number;

  @BooleanField({
    optional: true,
    description: 'Whether `total` was counted; above 10,000 it is an estimate.',
    example: true,
  })
  readonly totalIsExact?: boolean;
}

/** One page of a list. */
export interface PageDto<Item, Info = PageInfo> {
  readonly data: readonly Item[];
  readonly page: Info;
}

/**
 * The schema of a page of these items; extend it to name it:
 * `@ApiSchema({ description: 'A page of users.' }) class UserPage extends PageOf(UserDto) {}`.
 */
export function PageOf<Item>(item: Type<Item>): Type<PageDto<Item>> {
  return pageWith(item, PageInfo);
}

/** The same with a position of another class. */
export function pageWith<Item, Info>(item: Type<Item>, info: Type<Info>): Type<PageDto<Item, Info>> {
  class Page implements PageDto<Item, Info> {
    @ApiProperty({ type: [item], maxItems: 100, description: 'The entries of this page, in list order.' })
    readonly data!: readonly Item[];

    @ApiProperty({ type: info, description: 'The position of this page in the list.' })
    readonly page!: Info;
  }
  return Page;
}
