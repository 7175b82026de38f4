import type { LocatedError } from '../../validation/located-errors.ts';
import { pointed } from '../../validation/located-errors.ts';
import type { ProblemOptions } from './problem.ts';

/** So many are told; a client that sends more mistakes than this sends something else altogether. */
export const errorsMax = 100;

/** What a ValidationFailed says of these mistakes in a body. */
export function invalidMembers(mistakes: readonly LocatedError[]): ProblemOptions {
  return {
    detail: mistakes.length === 1 ? '1 member is invalid' : `${mistakes.length} members are invalid`,
    errors: mistakes.slice(0, errorsMax).map(pointed),
  };
}
