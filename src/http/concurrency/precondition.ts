import { PreconditionRequired } from '../problem/precondition.errors.ts';
import { besideTag, entityTags } from './entity-tag.ts';

/** What a client says of the state that it means to change: the value of its If-Match header (RFC 9110 §13.1.1). */
export class Precondition {
  constructor(private readonly header: string | undefined) {}

  /**
   * The versions that may be changed, if their tags name what stands `beside` them as well; none of them when the header
   * names no version; or `any`, which is `*`. A weak tag counts like the strong one. RFC 9110 demands strong comparison
   * because a weak tag may stand for representations that differ; ours can't (see entityTags), and behind a proxy that
   * compresses a client is never given a strong one.
   * @throws PreconditionRequired without the header
   */
  versions(beside: readonly string[] = []): readonly number[] | 'any' {
    const suffix = besideTag(beside);
    const header = this.header?.trim() ?? '';
    if (header === '') throw new PreconditionRequired();
    if (header === '*') return 'any';
    return entityTags(header)
      .filter((opaque) => opaque.endsWith(suffix))
      .map((opaque) => opaque.slice(0, opaque.length - suffix.length))
      .filter((version) => /^[1-9]\d{0,8}$/.test(version))
      .map(Number);
  }
}
