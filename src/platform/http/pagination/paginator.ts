import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { derivedKeys } from '../../crypto/derived-key.ts';
import { Links } from '../../config/links.ts';
import type { KeysetRequest, Slice, SortKeys } from '../../database/keyset.ts';
import type { Total } from '../../database/totals.ts';
import type { Principal } from '../auth/principal.ts';
import { patternOf } from '../server/request-target.ts';
import { InvalidParameter } from '../problem/http.errors.ts';
import { CursorCodec } from './cursor.ts';
import type { NumberedPageDto, NumberedPageQuery } from './numbered-page.dto.ts';
import type { PageDto, PageQuery } from './page.dto.ts';
import type { AdjacentPages } from './page-links.ts';
import { setPageLinks } from './page-links.ts';
import { InvalidCursor } from './pagination.errors.ts';

/** Entries on a page of a small list when neither `limit` nor `perPage` is given. */
const defaultPerPage = 20;

/** The caller, the request and the response of a list handler. */
export interface PageRequest {
  /** The cursors are bound to this user. */
  readonly caller: Principal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A row with the values that its list is sorted by, as text. */
interface Keyed {
  readonly keys: SortKeys;
}

/** How a feature reads its list. */
export interface ListSource<Row, Item> {
  readonly slice: (request: KeysetRequest) => Promise<Slice<Row>>;
  /** Counts all entries; called only when the client requests the total. */
  readonly total: () => Promise<Total>;
  readonly toItem: (row: Row) => Item;
}

/** Turns `?limit=&cursor=` into keyset queries, and their rows into pages with links (RFC 8288). */
@Injectable()
export class Paginator {
  private readonly cursors: CursorCodec;

  constructor(
    @Inject(configToken('service')) config: ServiceConfig,
    private readonly links: Links,
  ) {
    this.cursors = new CursorCodec(derivedKeys(config, 'cursors'));
  }

  /**
   * Returns the requested page and sets its `Link` header.
   * @throws InvalidCursor
   */
  async paginate<Row extends Keyed, Item>(
    query: PageQuery,
    exchange: PageRequest,
    source: ListSource<Row, Item>,
  ): Promise<PageDto<Item>> {
    return await this.cursorPage(query, query.limit, { exchange, source });
  }

  /**
   * The same for a small list, whose pages also have numbers. `limit` and `cursor` exclude page numbers; a numbered
   * page contains cursors as well.
   * @throws InvalidCursor, InvalidParameter
   */
  async paginateNumbered<Row extends Keyed, Item>(
    query: NumberedPageQuery,
    exchange: PageRequest,
    source: ListSource<Row, Item>,
  ): Promise<NumberedPageDto<Item>> {
    if (query.limit !== undefined || query.cursor !== undefined) {
      assertNoPageNumber(query);
      return await this.cursorPage(query, query.limit ?? defaultPerPage, { exchange, source });
    }
    const { page = 1, perPage = defaultPerPage } = query;
    const slice = await source.slice({ limit: perPage, skip: (page - 1) * perPage });
    const next = slice.hasMore ? page + 1 : null;
    const prev = page > 1 ? page - 1 : null;
    this.link(exchange, 'page', { next: next?.toString() ?? null, prev: prev?.toString() ?? null });
    const cursors = this.cursorsOf(slice.rows, { hasNext: slice.hasMore, hasPrev: page > 1 }, scopeOf(query, exchange));
    return {
      data: slice.rows.map((row) => source.toItem(row)),
      page: { ...cursors, hasMore: slice.hasMore, page, perPage, ...totalOf(await source.total()) },
    };
  }

  private async cursorPage<Row extends Keyed, Item>(
    query: Pick<PageQuery, 'cursor'>,
    limit: number,
    { exchange, source }: { exchange: PageRequest; source: ListSource<Row, Item> },
  ): Promise<PageDto<Item>> {
    const scope = scopeOf(query, exchange);
    const request = this.keysetRequest({ limit, cursor: query.cursor }, scope);
    const slice = await source.slice(request);
    const cursors = this.adjacentPages(slice, request, scope);
    this.link(exchange, 'cursor', cursors);
    const page = { ...cursors, hasMore: cursors.next !== null };
    const data = slice.rows.map((row) => source.toItem(row));
    if (!wantsTotal(exchange.request)) return { data, page };
    void exchange.reply.header('Preference-Applied', 'return=total-count');
    return { data, page: { ...page, ...totalOf(await source.total()) } };
  }

  private keysetRequest(
    { limit, cursor }: { limit: number; cursor: string | undefined },
    scope: string,
  ): KeysetRequest {
    if (cursor === undefined) return { limit };
    const from = this.cursors.decode(cursor, scope);
    if (from === undefined) throw new InvalidCursor();
    return { limit, from };
  }

  /**
   * The adjacent pages. A page whose rows were deleted meanwhile has no keys for a cursor: its cursors lead to the
   * first or the last page.
   */
  private adjacentPages({ rows, hasMore }: Slice<Keyed>, { from }: KeysetRequest, scope: string): AdjacentPages {
    const hasOrigin = from !== undefined && from.keys.length > 0;
    const hasNext = from?.direction === 'prev' ? hasOrigin : hasMore;
    const hasPrev = from?.direction === 'prev' ? hasMore : hasOrigin;
    return this.cursorsOf(rows, { hasNext, hasPrev }, scope);
  }

  private cursorsOf(
    rows: readonly Keyed[],
    { hasNext, hasPrev }: { hasNext: boolean; hasPrev: boolean },
    scope: string,
  ): AdjacentPages {
    const endOfList: Keyed = { keys: [] };
    return {
      next: hasNext ? this.cursor(rows.at(-1) ?? endOfList, 'next', scope) : null,
      prev: hasPrev ? this.cursor(rows.at(0) ?? endOfList, 'prev', scope) : null,
    };
  }

  private cursor({ keys }: Keyed, direction: 'next' | 'prev', scope: string): string {
    return this.cursors.encode({ keys, direction }, scope);
  }

  private link({ request, reply }: PageRequest, parameter: 'cursor' | 'page', pages: AdjacentPages): void {
    setPageLinks(reply, { url: this.links.url(request.url), parameter }, pages);
  }
}

/** Whether the client sent `Prefer: return=total-count` (RFC 7240). */
function wantsTotal(request: FastifyRequest): boolean {
  return /(^|,)\s*return\s*=\s*"?total-count"?\s*(;|,|$)/i.test([request.headers['prefer'] ?? ''].flat().join(','));
}

function totalOf({ count, isExact }: Total): { total: number; totalIsExact: boolean } {
  return { total: count, totalIsExact: isExact };
}

function assertNoPageNumber({ page, perPage }: NumberedPageQuery): void {
  const numbers = Object.entries({ page, perPage }).filter(([, value]) => value !== undefined);
  if (numbers.length === 0) return;
  const detail = 'cannot be combined with limit and cursor';
  throw new InvalidParameter({ errors: numbers.map(([parameter]) => ({ parameter, code: 'excluded', detail })) });
}

/** The parameters that select the page and its size. */
const pageParameters: ReadonlySet<string> = new Set(['cursor', 'limit', 'page', 'perPage']);

/** Everything that determines the rows and their order, apart from the page. */
function scopeOf(query: object, { request, caller }: PageRequest): string {
  const filters = Object.entries(query)
    .filter(([name, value]) => !pageParameters.has(name) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([patternOf(request), request.params, caller.userId, filters]);
}
