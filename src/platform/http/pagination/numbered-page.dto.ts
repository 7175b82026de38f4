import type { Type } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { StringField, IntegerField } from '../../validation/fields.ts';
import type { PageDto } from './page.dto.ts';
import { PageInfo, pageWith } from './page.dto.ts';

/** The page parameters of small lists: a cursor as in every list, or a page number. */
export class NumberedPageQuery {
  @IntegerField({
    min: 1,
    max: 100,
    optional: true,
    description: 'Maximum number of entries, with or without `cursor`; pages then have no number. 20 with `cursor`.',
    example: 20,
  })
  readonly limit?: number;

  @StringField({
    max: 1024,
    optional: true,
    description: '`page.next` or `page.prev` of an earlier response, unchanged.',
  })
  readonly cursor?: string;

  @IntegerField({
    min: 1,
    max: 100_000,
    optional: true,
    description: 'The page number, instead of `limit` and `cursor`; 1 when absent.',
    example: 1,
  })
  readonly page?: number;

  @IntegerField({
    min: 1,
    max: 100,
    optional: true,
    description: 'Entries on a page that is requested by number; 20 when absent.',
    example: 20,
  })
  readonly perPage?: number;
}

@ApiSchema({ description: 'The position of a page in a small list.' })
class NumberedPageInfo extends PageInfo {
  @IntegerField({
    min: 1,
    max: 100_000,
    optional: true,
    description: 'The page number; absent when the page was requested by cursor.',
  })
  readonly page?: number;

  @IntegerField({
    min: 1,
    max: 100,
    optional: true,
    description: 'Entries on a full page; present together with `page`.',
  })
  readonly perPage?: number;
}

/** One page of a small list. Requested by number, it also contains the number of all entries. */
export type NumberedPageDto<Item> = PageDto<Item, NumberedPageInfo>;

/** The schema of such a page; extend it to name it: `class KeyPage extends NumberedPageOf(KeyDto) {}`. */
export function NumberedPageOf<Item>(item: Type<Item>): Type<NumberedPageDto<Item>> {
  return pageWith(item, NumberedPageInfo);
}
