import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { derivedKey } from '../../config/derived-key.ts';
import { Links } from '../../config/links.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import type { Total } from '../../database/totals.ts';
import { ParameterInvalid } from '../problem/edge.errors.ts';
import { CursorCodec } from './cursor.ts';
import type { NumberedPageDto, NumberedPageQuery } from './numbered-page.dto.ts';
import type { PageDto, PageQuery } from './page.dto.ts';
import { CursorInvalid } from './pagination.errors.ts';

/** Entries on a page of a small list when neither `limit` nor `perPage` is given. */
const defaultPerPage = 20;

/** The exchange a list is asked for and answered in. */
export interface ListExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Whose view of the list this is: a cursor works for nobody else. */
  readonly viewer: string;
}

/** A row with the values that its list is sorted by, as text. */
interface Keyed {
  readonly keys: readonly string[];
}

/** The pages beside one, by their cursors or numbers. */
interface Neighbours {
  readonly next: string | null;
  readonly prev: string | null;
}

/** How a feature answers a list request. */
export interface ListSource<Row, Item> {
  readonly slice: (request: KeysetRequest) => Promise<Slice<Row>>;
  /** Counts all entries; asked only when the client wants to know. */
  readonly total: () => Promise<Total>;
  readonly toItem: (row: Row) => Item;
}

/** Turns `?limit=&cursor=` into keyset requests, and slices into pages with their links (RFC 8288). */
@Injectable()
export class Pages {
  private readonly cursors: CursorCodec;

  constructor(
    @Inject(configToken('service')) config: ServiceConfig,
    private readonly links: Links,
  ) {
    if (config.secret === undefined) throw new Error('APP_SECRET was not read before it was used');
    this.cursors = new CursorCodec(derivedKey(config.secret, 'cursors'));
  }

  /**
   * The page that was asked for; its `Link` header is set on the reply.
   * @throws CursorInvalid
   */
  async answer<Row extends Keyed, Item>(
    query: PageQuery,
    exchange: ListExchange,
    source: ListSource<Row, Item>,
  ): Promise<PageDto<Item>> {
    return await this.cursorPage(query, query.limit, { exchange, source });
  }

  /**
   * The same of a small list, whose pages have numbers as well, unless a cursor or a limit is asked for. A page with a
   * number has cursors too.
   * @throws CursorInvalid, ParameterInvalid
   */
  async answerNumbered<Row extends Keyed, Item>(
    query: NumberedPageQuery,
    exchange: ListExchange,
    source: ListSource<Row, Item>,
  ): Promise<NumberedPageDto<Item>> {
    if (query.limit !== undefined || query.cursor !== undefined) {
      expectNoNumber(query);
      return await this.cursorPage(query, query.limit ?? defaultPerPage, { exchange, source });
    }
    const { page = 1, perPage = defaultPerPage } = query;
    const slice = await source.slice({ limit: perPage, skip: (page - 1) * perPage });
    const next = slice.more ? page + 1 : null;
    const prev = page > 1 ? page - 1 : null;
    this.link(exchange, 'page', { next: next?.toString() ?? null, prev: prev?.toString() ?? null });
    const cursors = this.beside(slice.rows, { hasNext: slice.more, hasPrev: page > 1 }, scopeOf(query, exchange));
    return {
      data: slice.rows.map((row) => source.toItem(row)),
      page: { ...cursors, hasMore: slice.more, page, perPage, ...totalOf(await source.total()) },
    };
  }

  private async cursorPage<Row extends Keyed, Item>(
    query: Pick<PageQuery, 'cursor'>,
    limit: number,
    { exchange, source }: { exchange: ListExchange; source: ListSource<Row, Item> },
  ): Promise<PageDto<Item>> {
    const scope = scopeOf(query, exchange);
    const request = this.read({ limit, cursor: query.cursor }, scope);
    const slice = await source.slice(request);
    const cursors = this.around(slice, request, scope);
    this.link(exchange, 'cursor', cursors);
    const page = { ...cursors, hasMore: cursors.next !== null };
    const data = slice.rows.map((row) => source.toItem(row));
    if (!wantsTotal(exchange.request)) return { data, page };
    void exchange.reply.header('Preference-Applied', 'return=total-count');
    return { data, page: { ...page, ...totalOf(await source.total()) } };
  }

  private read({ limit, cursor }: { limit: number; cursor: string | undefined }, scope: string): KeysetRequest {
    if (cursor === undefined) return { limit };
    const from = this.cursors.decode(cursor, scope);
    if (from === undefined) throw new CursorInvalid();
    return { limit, from };
  }

  /**
   * The pages beside this one. One that others have emptied meanwhile has no row to name them by: from there it goes to
   * the beginning of the list, or to its end.
   */
  private around({ rows, more }: Slice<Keyed>, { from }: KeysetRequest, scope: string): Neighbours {
    const cameFrom = from !== undefined && from.keys.length > 0;
    const hasNext = from?.direction === 'prev' ? cameFrom : more;
    const hasPrev = from?.direction === 'prev' ? more : cameFrom;
    return this.beside(rows, { hasNext, hasPrev }, scope);
  }

  private beside(
    rows: readonly Keyed[],
    { hasNext, hasPrev }: { hasNext: boolean; hasPrev: boolean },
    scope: string,
  ): Neighbours {
    const beyondAll: Keyed = { keys: [] };
    return {
      next: hasNext ? this.cursor(rows.at(-1) ?? beyondAll, 'next', scope) : null,
      prev: hasPrev ? this.cursor(rows.at(0) ?? beyondAll, 'prev', scope) : null,
    };
  }

  private cursor({ keys }: Keyed, direction: 'next' | 'prev', scope: string): string {
    return this.cursors.encode({ keys, direction }, scope);
  }

  /** `parameter` is the one that tells the pages of the list apart. */
  private link({ request, reply }: ListExchange, parameter: 'cursor' | 'page', { next, prev }: Neighbours): void {
    const to = (rel: string, value: string | null): string => {
      const url = new URL(this.links.url(request.url));
      if (value === null) url.searchParams.delete(parameter);
      else url.searchParams.set(parameter, value);
      return `<${url.href}>; rel="${rel}"`;
    };
    const links = [to('first', null)];
    if (prev !== null) links.push(to('prev', prev));
    if (next !== null) links.push(to('next', next));
    // A route that goes has named its successor already.
    const others = reply.getHeader('link');
    void reply.header('Link', [...(others === undefined ? [] : [String(others)]), ...links].join(', '));
  }
}

/** RFC 7240: a preference that the client may state and the service honours. */
function wantsTotal(request: FastifyRequest): boolean {
  return /(^|,)\s*return\s*=\s*"?total-count"?\s*(;|,|$)/i.test([request.headers['prefer'] ?? ''].flat().join(','));
}

function totalOf({ count, isExact }: Total): { total: number; totalIsExact: boolean } {
  return { total: count, totalIsExact: isExact };
}

function expectNoNumber({ page, perPage }: NumberedPageQuery): void {
  const numbers = Object.entries({ page, perPage }).filter(([, value]) => value !== undefined);
  if (numbers.length === 0) return;
  const detail = 'can not be combined with limit and cursor';
  throw new ParameterInvalid({ errors: numbers.map(([parameter]) => ({ parameter, code: 'excluded', detail })) });
}

/** What says which page is wanted, and how large it shall be. */
const pageParameters: ReadonlySet<string> = new Set(['cursor', 'limit', 'page', 'perPage']);

/** Everything that decides which rows follow which, apart from the page. */
function scopeOf(query: object, { request, viewer }: ListExchange): string {
  const filters = Object.entries(query)
    .filter(([name, value]) => !pageParameters.has(name) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([request.routeOptions.url, request.params, viewer, filters]);
}
