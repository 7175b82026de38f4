import type { FastifyReply, FastifyRequest } from 'fastify';
import { weightedRanges } from '../../i18n/weighted-ranges.ts';

/** The quality of a media type, and the specificity of the media range that matched it: 0 for no match. */
interface Match {
  readonly quality: number;
  readonly specificity: number;
}

const noMatch: Match = { quality: 0, specificity: 0 };

/** Whether the response is an HTML page; also adds `Accept` to the `Vary` header. */
export function negotiatesHtml({ headers }: FastifyRequest, reply: FastifyReply): boolean {
  varyOn(reply, 'Accept');
  return prefersHtml(headers.accept);
}

/**
 * Whether the client prefers HTML over JSON (RFC 9110 §12.5.1). With equal quality the more specific media range
 * decides: browsers send text/html beside a wildcard, and clients that accept anything get JSON.
 */
export function prefersHtml(accept = '*/*'): boolean {
  if (accept === '*/*') return false;
  const ranges = mediaRanges(accept);
  const html = matchOf('text/html', ranges);
  const json = better(matchOf('application/json', ranges), matchOf('application/problem+json', ranges));
  return html.quality > 0 && better(json, html) === html;
}

/** The quality of each media range by its name, the highest of a repeated one. */
function mediaRanges(accept: string): ReadonlyMap<string, number> {
  const ranges = new Map<string, number>();
  for (const { name, quality } of weightedRanges(accept)) ranges.set(name, Math.max(quality, ranges.get(name) ?? 0));
  return ranges;
}

/** The most specific range decides, even if a wider one has a higher quality. */
function matchOf(mediaType: string, ranges: ReadonlyMap<string, number>): Match {
  const [type = ''] = mediaType.split('/', 1);
  const candidates = [mediaType, `${type}/*`, '*/*'];
  for (const [at, name] of candidates.entries()) {
    const quality = ranges.get(name);
    if (quality !== undefined) return { quality, specificity: candidates.length - at };
  }
  return noMatch;
}

/** The first match, unless the second one is better. */
function better(first: Match, second: Match): Match {
  if (first.quality !== second.quality) return first.quality > second.quality ? first : second;
  return second.specificity > first.specificity ? second : first;
}

/** Adds a request header to `Vary`. */
export function varyOn(reply: FastifyReply, header: string): void {
  const names = [reply.getHeader('vary') ?? []].flat().join(', ');
  const known = names.split(',').map((name) => name.trim().toLowerCase());
  if (known.includes('*') || known.includes(header.toLowerCase())) return;
  void reply.header('Vary', names === '' ? header : `${names}, ${header}`);
}
