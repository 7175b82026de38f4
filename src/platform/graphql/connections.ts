import { Inject, Injectable } from '@nestjs/common';
import type { ServiceConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { derivedKeys } from '../crypto/derived-key.ts';
import type { KeysetRequest, SortKeys } from '../database/keyset.ts';
import type { Principal } from '../http/auth/principal.ts';
import { CursorCodec } from '../http/pagination/cursor.ts';
import { InvalidCursor } from '../http/pagination/pagination.errors.ts';
import type { ListSource } from '../http/pagination/paginator.ts';
import { ValidationFailed } from '../http/problem/http.errors.ts';
import { invalidMembers } from '../http/problem/problem.ts';
import type { Connection, ConnectionArguments } from './connection-types.ts';

const defaultPageSize = 20;

/** A list, with the arguments of its field. */
export interface ListRequest {
  /** The field, whose cursors are valid for no other list. */
  readonly field: string;
  /** The cursors are bound to this user. */
  readonly caller: Principal;
  readonly page: ConnectionArguments;
  /** Everything that determines the rows and their order, apart from the page. */
  readonly filter?: object;
}

/** Turns the arguments of a connection into a keyset query, and its rows into edges. */
@Injectable()
export class Connections {
  private readonly cursors: CursorCodec;

  constructor(@Inject(configToken('service')) config: ServiceConfig) {
    this.cursors = new CursorCodec(derivedKeys(config, 'cursors'));
  }

  /** @throws ValidationFailed, InvalidCursor */
  async connect<Row extends { readonly keys: SortKeys }, Item>(
    list: ListRequest,
    source: ListSource<Row, Item>,
  ): Promise<Connection<Item>> {
    const scope = scopeOf(list);
    const request = this.keysetRequest(list.page, scope);
    const { rows, hasMore } = await source.slice(request);
    const isBackwards = request.from?.direction === 'prev';
    const hasOrigin = request.from !== undefined && request.from.keys.length > 0;
    const cursorOf = ({ keys }: Row): string => this.cursors.encode({ keys, direction: 'next' }, scope);
    let total: ReturnType<typeof source.total> | undefined;
    const edges = rows.map((row) => new ListEdge(source.toItem(row), row, cursorOf));
    return {
      edges,
      pageInfo: {
        hasNextPage: isBackwards ? hasOrigin : hasMore,
        hasPreviousPage: isBackwards ? hasMore : hasOrigin,
        get startCursor() {
          return edges.at(0)?.cursor ?? null;
        },
        get endCursor() {
          return edges.at(-1)?.cursor ?? null;
        },
      },
      get total() {
        return (total ??= source.total());
      },
    };
  }

  private keysetRequest(page: ConnectionArguments, scope: string): KeysetRequest {
    const { first, after, last, before } = page;
    if (last === undefined && before === undefined) {
      const limit = first ?? defaultPageSize;
      return after === undefined ? { limit } : { limit, from: { keys: this.keysOf(after, scope), direction: 'next' } };
    }
    assertOneDirection(page);
    const keys = before === undefined ? [] : this.keysOf(before, scope);
    return { limit: last ?? defaultPageSize, from: { keys, direction: 'prev' } };
  }

  private keysOf(cursor: string, scope: string): SortKeys {
    const position = this.cursors.decode(cursor, scope);
    if (position === undefined) throw new InvalidCursor();
    return position.keys;
  }
}

/** An entry, whose cursor is computed when it is read: a class, since an accessor of each object costs more. */
class ListEdge<Row, Item> {
  constructor(
    readonly node: Item,
    private readonly row: Row,
    private readonly cursorOf: (row: Row) => string,
  ) {}

  get cursor(): string {
    return this.cursorOf(this.row);
  }
}

function assertOneDirection({ first, after }: ConnectionArguments): void {
  const forwards = Object.entries({ first, after }).filter(([, value]) => value !== undefined);
  if (forwards.length === 0) return;
  const detail = 'cannot be combined with last and before';
  throw new ValidationFailed(invalidMembers(forwards.map(([name]) => ({ path: [name], code: 'excluded', detail }))));
}

function scopeOf({ field, caller, filter = {} }: ListRequest): string {
  const filters = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(['graphql', field, caller.userId, filters]);
}
