import { PreconditionRequired } from '../problem/precondition.errors.ts';
import { etagSuffix, entityTags } from './entity-tag.ts';

/** The value of an If-Match header (RFC 9110 §13.1.1). */
export class Precondition {
  constructor(private readonly header: string | undefined) {}

  /**
   * The versions that the write may change: those whose tags also match the hash of `beside`. Empty when no tag
   * matches; `any` for `*`. Weak tags count like strong ones. RFC 9110 requires strong comparison because
   * representations with equal weak tags may differ; ours cannot (see entityTags), and a compressing proxy gives
   * clients only weak tags.
   * @throws PreconditionRequired without the header
   */
  versions(beside: readonly string[] = []): readonly number[] | 'any' {
    const suffix = etagSuffix(beside);
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
