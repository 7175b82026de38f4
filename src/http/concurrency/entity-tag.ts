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

/** Marks a reply as this version of its resource: a strong ETag, and a copy that may be kept if it is asked about. */
export function tagVersion(reply: FastifyReply, version: number): void {
  void reply.header('ETag', `"${version}"`).header('Cache-Control', 'private, no-cache');
}
