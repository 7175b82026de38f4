import { createHash } from 'node:crypto';
import { SetMetadata } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** The suffix that a compressing proxy appends: Apache and Caddy with one hyphen, Jetty with two. */
const coding = /--?(?:br|deflate|gzip|zstd)$/;

/**
 * The opaque tags listed in If-Match or If-None-Match (RFC 9110 §8.8.3), without a content coding; empty when an
 * element is not an entity tag. Compressing proxies make tags weak or append the coding, and clients send back what
 * they received. Our opaque tags contain the version of the row and a hash of the other shown data: equal ones identify
 * the same state.
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
 * Sets a strong ETag for this version of the resource (optimistic concurrency control), and a Cache-Control that
 * requires revalidation. `beside` is the other data in the response, which the version does not cover.
 */
export function setEtag(reply: FastifyReply, version: number, beside: readonly string[] = []): void {
  void reply.header('ETag', etagOf(version, beside)).header('Cache-Control', 'private, no-cache');
}

/** The strong ETag of this version of a resource; see `setEtag`. */
function etagOf(version: number, beside: readonly string[] = []): string {
  return `"${version}${etagSuffix(beside)}"`;
}

/** A resource of GraphQL, which has no headers, with its ETag as a member; its class is `@Tagged()`. */
export function tagged<Dto extends object>(dto: Dto, version: number, beside: readonly string[] = []): Dto {
  return { ...dto, etag: etagOf(version, beside) };
}

const taggedKey = 'plinth:tagged';

/** The resource has an ETag. GraphQL has no headers: there it is the field `etag`. */
export const Tagged = (): ClassDecorator => SetMetadata(taggedKey, true);

export function isTagged(dto: object): boolean {
  return Reflect.getMetadata(taggedKey, dto) === true;
}

/** The part of the opaque tag after the version: a hash of the other data. */
export function etagSuffix(beside: readonly string[]): string {
  if (beside.length === 0) return '';
  const cached = suffixes.get(beside);
  if (cached !== undefined) return cached;
  const suffix = `-${createHash('sha256').update(beside.join()).digest('hex').slice(0, 8)}`;
  suffixes.set(beside, suffix);
  return suffix;
}

/** By identity: permissionsOf() returns the same array for the same roles. */
const suffixes = new WeakMap<readonly string[], string>();
