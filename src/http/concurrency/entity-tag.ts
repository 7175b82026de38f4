import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** What a proxy adds to the tag of a reply that it compressed: Apache and Caddy with one hyphen, Jetty with two. */
const coding = /--?(?:br|deflate|gzip|zstd)$/;

/**
 * What stands between the quotes of the tags that If-Match and If-None-Match list (RFC 9110 §8.8.3), without a coding;
 * nothing where anything in the list is no tag. Proxies that compress make tags weak or add the coding to them, and
 * clients send what they got. Our own tags name the version of a row and a hash of what else is shown: those that are
 * equal here stand for the same state, weak or not.
 */
export function entityTags(header: string): string[] {
  const element = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/y;
  const tags: string[] = [];
  while (element.lastIndex < header.length) {
    const found = element.exec(header);
    if (found === null) return [];
    const [, opaque] = found;
    if (opaque !== undefined) tags.push(opaque.replace(coding, ''));
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
