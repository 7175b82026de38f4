import type { FastifyReply, FastifyRequest } from 'fastify';

/** How much a client wants a media type, and how closely the range that says so names it: 0 for no range at all. */
interface Match {
  readonly quality: number;
  readonly specificity: number;
}

const noMatch: Match = { quality: 0, specificity: 0 };

/** Whether the reply is to be a page; also says that this depends on `Accept`. */
export function choosesHtml({ headers }: FastifyRequest, reply: FastifyReply): boolean {
  varyOnAccept(reply);
  return prefersHtml(headers.accept);
}

/**
 * Whether the client would rather read HTML than JSON (RFC 9110 §12.5.1). Where it wants both as much, the one that it
 * names more closely decides: browsers name HTML beside a wildcard, and programs that take anything get JSON.
 */
export function prefersHtml(accept = ''): boolean {
  const ranges = mediaRanges(accept);
  const html = matchOf('text/html', ranges);
  const json = better(matchOf('application/json', ranges), matchOf('application/problem+json', ranges));
  return html.quality > 0 && better(json, html) === html;
}

/** The quality of each media range, by its name in lower case; a range whose weight can't be read is left out. */
function mediaRanges(accept: string): ReadonlyMap<string, number> {
  const ranges = new Map<string, number>();
  for (const range of accept.toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    if (/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight))
      ranges.set(name, Math.max(Number(weight), ranges.get(name) ?? 0));
  }
  return ranges;
}

/** The closest range decides, also when a wider one has more weight. */
function matchOf(mediaType: string, ranges: ReadonlyMap<string, number>): Match {
  const [type = ''] = mediaType.split('/', 1);
  const candidates = [mediaType, `${type}/*`, '*/*'];
  for (const [at, name] of candidates.entries()) {
    const quality = ranges.get(name);
    if (quality !== undefined) return { quality, specificity: candidates.length - at };
  }
  return noMatch;
}

/** The first one, unless the second one is better. */
function better(first: Match, second: Match): Match {
  if (first.quality !== second.quality) return first.quality > second.quality ? first : second;
  return second.specificity > first.specificity ? second : first;
}

function varyOnAccept(reply: FastifyReply): void {
  const named = [reply.getHeader('vary') ?? []].flat().join(', ');
  if (/(^|,)\s*(accept|\*)\s*(,|$)/i.test(named)) return;
  void reply.header('Vary', named === '' ? 'Accept' : `${named}, Accept`);
}
