import { PreconditionRequired } from '../problem/precondition.errors.ts';
import { entityTags } from './entity-tag.ts';

/** What a client says of the state that it means to change: the value of its If-Match header (RFC 9110 §13.1.1). */
export class Precondition {
  constructor(private readonly header: string | undefined) {}

  /**
   * The versions that may be changed, whatever else their tags stand for; none of them when the header names no version; or `any`, which is `*`. Tags are
   * compared strongly, so weak ones count for nothing.
   * @throws PreconditionRequired without the header
   */
  versions(): readonly number[] | 'any' {
    const header = this.header?.trim() ?? '';
    if (header === '') throw new PreconditionRequired();
    if (header === '*') return 'any';
    return entityTags(header)
      .filter(({ weak, opaque }) => !weak && /^[1-9]\d{0,8}(-[0-9a-f]{8})?$/.test(opaque))
      .map(({ opaque }) => Number(opaque.split('-')[0]));
  }
}
