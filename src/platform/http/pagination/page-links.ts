import type { FastifyReply } from 'fastify';

/** The next and the previous page, by cursor or number. */
export interface AdjacentPages {
  readonly next: string | null;
  readonly prev: string | null;
}

/** The URL of a page, and the query parameter that selects the page. */
interface CurrentPage {
  readonly url: string;
  readonly parameter: 'cursor' | 'page';
}

/** Sets the `Link` header to the first and the adjacent pages (RFC 8288). */
export function setPageLinks(reply: FastifyReply, current: CurrentPage, { next, prev }: AdjacentPages): void {
  const to = linksOf(new URL(current.url), current.parameter);
  const links = [to('first', null)];
  if (prev !== null) links.push(to('prev', prev));
  if (next !== null) links.push(to('next', next));
  // A deprecated route has set a link to its successor.
  const others = reply.getHeader('link');
  void reply.header('Link', [...(others === undefined ? [] : [String(others)]), ...links].join(', '));
}

/** Makes links to this URL with another value of the parameter, which keeps its place among the others. */
function linksOf(url: URL, parameter: string): (rel: string, value: string | null) => string {
  const isReplaced = url.searchParams.has(parameter) || url.hash !== '';
  const original = url.href;
  url.searchParams.delete(parameter);
  const without = url.href;
  const separator = url.search === '' ? '?' : '&';
  return (rel, value) => {
    if (value === null) return `<${without}>; rel="${rel}"`;
    // Page numbers and cursors (base64url) need no encoding.
    if (!isReplaced) return `<${without}${separator}${parameter}=${value}>; rel="${rel}"`;
    const changed = new URL(original);
    changed.searchParams.set(parameter, value);
    return `<${changed.href}>; rel="${rel}"`;
  };
}
