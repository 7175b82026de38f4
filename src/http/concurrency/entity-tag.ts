import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** An entity tag as a header gives it (RFC 9110 §8.8.3). */
export interface EntityTag {
  readonly weak: boolean;
  /** What stands between the quotes. */
  readonly opaque: string;
}

/** The tags that If-Match and If-None-Match list; none where anything in the list is no tag. */
export function entityTags(header: string): EntityTag[] {
  const element = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y;
  const tags: EntityTag[] = [];
  while (element.lastIndex < header.length) {
    const found = element.exec(header);
    if (found === null) return [];
    const [, weak, opaque] = found;
    if (opaque !== undefined) tags.push({ weak: weak !== undefined, opaque });
  }
  return tags;
}

/**
 * Marks a reply as this version of its resource: a strong ETag, and a copy that may be kept if it is asked about. `beside`
 * is what else the reply shows that is no part of the versioned row.
 */
export function tagVersion(reply: FastifyReply, version: number, beside: readonly string[] = []): void {
  void reply.header('ETag', `"${version}${besideTag(beside)}"`).header('Cache-Control', 'private, no-cache');
}

/** What else a representation shows, in the tag behind its version. */
export function besideTag(beside: readonly string[]): string {
  return beside.length === 0 ? '' : `-${createHash('sha256').update(beside.join()).digest('hex').slice(0, 8)}`;
}
