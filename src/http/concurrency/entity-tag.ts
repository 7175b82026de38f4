import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** An entity tag as a header gives it (RFC 9110 §8.8.3). */
export interface EntityTag {
  readonly weak: boolean;
  /** What stands between the quotes. */
  readonly opaque: string;
}

/** The tags of If-Match and If-None-Match; what is none is passed over. */
export function entityTags(header: string): EntityTag[] {
  return [...header.matchAll(/(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g)].map(([, weak, opaque = '']) => ({
    weak: weak !== undefined,
    opaque,
  }));
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
