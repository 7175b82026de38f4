import type { LocatedError } from '../validation/located-errors.ts';

/** No loaded module handles jobs of this type. */
export class UnknownJobType extends Error {
  constructor(readonly type: string) {
    super(`No handler for jobs of type ${type}`);
  }
}

/** The payload is not what the type's class describes, or is larger than 64 KiB. */
export class PayloadInvalid extends Error {
  constructor(readonly errors: readonly LocatedError[]) {
    super(`The payload is invalid: ${errors.map(({ path, detail }) => `${path.join('/')} ${detail}`).join('; ')}`);
  }
}

/** A handler returned what its type's class does not describe, or more than 64 KiB. */
export class ResultInvalid extends Error {
  override readonly name = 'ResultInvalid';

  constructor(mistake: string) {
    super(`The result of the job is not what its type describes: ${mistake}`);
  }
}

/** A handler's way to say that trying again is of no use: the job is dead at once. */
export class Unrecoverable extends Error {}

/** An attempt took longer than its type allows. */
export class TimedOut extends Error {
  constructor(seconds: number) {
    super(`The attempt took more than the ${seconds} s it may take.`);
  }
}
