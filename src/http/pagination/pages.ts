import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { derivedKey } from '../../config/derived-key.ts';
import { Links } from '../../config/links.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import { CursorCodec } from './cursor.ts';
import type { PageDto, PageQuery } from './page.dto.ts';
import { CursorInvalid } from './pagination.errors.ts';

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

/** How a feature answers a list request. */
export interface ListSource<Row, Item> {
  readonly slice: (request: KeysetRequest) => Promise<Slice<Row>>;
  /** Counts all entries; asked only when the client wants to know. */
  readonly total: () => Promise<number>;
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
    const scope = scopeOf(query, exchange);
    const request = this.read(query, scope);
    const slice = await source.slice(request);
    const cursors = this.around(slice, request, scope);
    this.link(exchange, cursors);
    const page = { ...cursors, hasMore: cursors.next !== null };
    const data = slice.rows.map((row) => source.toItem(row));
    if (!wantsTotal(exchange.request)) return { data, page };
    void exchange.reply.header('Preference-Applied', 'return=total-count');
    return { data, page: { ...page, total: await source.total() } };
  }

  private read({ limit, cursor }: PageQuery, scope: string): KeysetRequest {
    if (cursor === undefined) return { limit };
    const from = this.cursors.decode(cursor, scope);
    if (from === undefined) throw new CursorInvalid();
    return { limit, from };
  }

  /**
   * The pages beside this one. One that others have emptied meanwhile has no row to name them by: from there it goes to
   * the beginning of the list, or to its end.
   */
  private around(
    { rows, more }: Slice<Keyed>,
    { from }: KeysetRequest,
    scope: string,
  ): { next: string | null; prev: string | null } {
    const cameFrom = from !== undefined && from.keys.length > 0;
    const hasNext = from?.direction === 'prev' ? cameFrom : more;
    const hasPrev = from?.direction === 'prev' ? more : cameFrom;
    const beyondAll: Keyed = { keys: [] };
    return {
      next: hasNext ? this.cursor(rows.at(-1) ?? beyondAll, 'next', scope) : null,
      prev: hasPrev ? this.cursor(rows.at(0) ?? beyondAll, 'prev', scope) : null,
    };
  }

  private cursor({ keys }: Keyed, direction: 'next' | 'prev', scope: string): string {
    return this.cursors.encode({ keys, direction }, scope);
  }

  private link({ request, reply }: ListExchange, cursors: { next: string | null; prev: string | null }): void {
    const to = (rel: string, cursor: string | null): string => {
      const url = new URL(this.links.url(request.url));
      if (cursor === null) url.searchParams.delete('cursor');
      else url.searchParams.set('cursor', cursor);
      return `<${url.href}>; rel="${rel}"`;
    };
    const links = [to('first', null)];
    if (cursors.prev !== null) links.push(to('prev', cursors.prev));
    if (cursors.next !== null) links.push(to('next', cursors.next));
    // A route that goes has named its successor already.
    const others = reply.getHeader('link');
    void reply.header('Link', [...(others === undefined ? [] : [String(others)]), ...links].join(', '));
  }
}

/** RFC 7240: a preference that the client may state and the service honours. */
function wantsTotal(request: FastifyRequest): boolean {
  return /(^|,)\s*return\s*=\s*"?total-count"?\s*(;|,|$)/i.test([request.headers['prefer'] ?? ''].flat().join(','));
}

/** Everything that decides which rows follow which, apart from the size of the page. */
function scopeOf(query: PageQuery, { request, viewer }: ListExchange): string {
  const filters = Object.entries(query)
    .filter(([name, value]) => name !== 'limit' && name !== 'cursor' && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([request.routeOptions.url, request.params, viewer, filters]);
}
