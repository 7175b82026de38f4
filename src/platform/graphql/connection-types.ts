import type { Type } from '@nestjs/common';
import { Field, Int, ObjectType } from '@nestjs/graphql';
import type { Total } from '../database/totals.ts';
import { oncePerClass } from '../validation/class-rules.ts';
import { IntegerField, StringField } from '../validation/fields.ts';
import { declareArguments, nameOf, objectTypeOf } from './schema-types.ts';

/** The page of a list: forwards by `first` and `after`, or backwards by `last` and `before`. */
export interface ConnectionArguments {
  readonly first?: number;
  readonly after?: string;
  readonly last?: number;
  readonly before?: string;
}

@ObjectType('PageInfo', { description: 'The position of a page in its list.' })
class ConnectionPage {
  @Field(() => Boolean, { description: 'Whether a next page exists.' })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether a previous page exists.' })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'The cursor of the first entry; null on an empty page.' })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'The cursor of the last entry; null on an empty page.' })
  readonly endCursor!: string | null;
}

@ObjectType('TotalCount', { description: 'The number of all entries of a list.' })
class ConnectionTotal implements Total {
  @Field(() => Int, { description: 'Number of all entries; above 10,000 it is an estimate.' })
  readonly count!: number;

  @Field(() => Boolean, { description: 'Whether they were counted.' })
  readonly isExact!: boolean;
}

/** One page of a list (GraphQL Cursor Connections Specification). Cursors and total are computed when they are read. */
export interface Connection<Item> {
  readonly edges: readonly { readonly cursor: string; readonly node: Item }[];
  readonly pageInfo: ConnectionPage;
  readonly total: Promise<Total>;
}

/** The types `UserEdge` and `UserConnection` for the entries of the class `UserDto`; see schema-types.ts. */
export const connectionOf = oncePerClass((item) => {
  const node = objectTypeOf(item);
  const name = nameOf(node);

  @ObjectType(`${name}Edge`, { description: 'An entry of a list.' })
  class Edge {
    @Field(() => String, { description: 'The position of the entry, for `after` and `before`.' })
    readonly cursor!: string;

    @Field(() => node, { description: 'The entry.' })
    readonly node!: object;
  }

  @ObjectType(`${name}Connection`, { description: 'A page of a list.' })
  class Page implements Connection<object> {
    @Field(() => [Edge], { description: 'The entries of this page, in list order.' })
    readonly edges!: readonly Edge[];

    @Field(() => ConnectionPage, { description: 'The position of this page in the list.' })
    readonly pageInfo!: ConnectionPage;

    @Field(() => ConnectionTotal, { description: 'The number of all entries of the list.' })
    readonly total!: Promise<Total>;
  }
  return Page;
});

const size = { min: 1, max: 100, optional: true } as const;
const cursor = { max: 1024, optional: true } as const;

/** The parameters of a page in a query of the API, which a connection replaces. */
const pageParameters: ReadonlySet<string> = new Set(['limit', 'cursor', 'page', 'perPage']);

/**
 * The arguments of a connection: those of a page, and the filters and the order of the query of the API. Extend it to
 * name it: `@ArgsType() class ListUsersArguments extends connectionArgumentsOf(ListUsersQuery) {}`.
 */
export function connectionArgumentsOf<Query extends object>(query: Type<Query>): Type<Query & ConnectionArguments> {
  class Arguments extends (query as Type<object>) implements ConnectionArguments {
    @IntegerField({ ...size, description: 'Number of entries from the start, 20 by default.' })
    readonly first?: number;

    @StringField({ ...cursor, description: 'The cursor that the page follows, unchanged.' })
    readonly after?: string;

    @IntegerField({ ...size, description: 'Number of entries from the end.' })
    readonly last?: number;

    @StringField({ ...cursor, description: 'The cursor that the page precedes, unchanged.' })
    readonly before?: string;
  }
  declareArguments(Arguments, pageParameters);
  return Arguments as Type<Query & ConnectionArguments>;
}
