import { STATUS_CODES } from 'node:http';
import type { ProblemKind } from '../problem/problem-kind.ts';
import { problemName } from './problem-schema.ts';

/** The problems that an operation can return with one status. */
export interface StatusProblems {
  readonly status: number;
  readonly possible: readonly ProblemKind[];
  /** The problems of every operation of its shape; the others are specific to the operation. */
  readonly common: ReadonlySet<ProblemKind>;
}

/** Generators of clients make file and type names of it. */
const maxLength = 40;

interface NamedShape {
  readonly operationId: string;
  readonly unsafe: boolean;
  readonly key: 'none' | 'optional' | 'required';
}

/**
 * The name of a response in the document: of its only common problem or of its status (`NotFound`,
 * `BadRequestWithBody`), followed by a problem that is specific to the operation (`BadRequestOrInvalidCursor`). A
 * response that would need a longer name is named after the operation.
 */
export function responseName(shape: NamedShape, { status, possible, common }: StatusProblems): string {
  const [own, ...others] = possible.filter((kind) => !common.has(kind));
  if (others.length > 0 || (own !== undefined && isLong(status))) return ownResponseName(shape, status);
  const [first, ...more] = possible.filter((kind) => common.has(kind));
  const base =
    first === undefined ? '' : more.length === 0 ? problemName(first) : phraseOf(status) + suffixOf(shape, status);
  const name = [base, own === undefined ? '' : problemName(own)].filter((part) => part !== '').join('Or');
  return name.length > maxLength ? ownResponseName(shape, status) : name;
}

/** The name of a response of one operation only: `DisableUserConflict`, `LoginUnavailable`. */
export function ownResponseName({ operationId }: Pick<NamedShape, 'operationId'>, status: number): string {
  const phrase = status === 503 ? 'Unavailable' : phraseOf(status);
  return operationId.charAt(0).toUpperCase() + operationId.slice(1) + phrase;
}

/** The name of these common problems has two parts already. */
function isLong(status: number): boolean {
  return status === 503;
}

/** Distinguishes the common problems of writes from those of reads. */
function suffixOf({ unsafe, key }: NamedShape, status: number): string {
  if (status === 503) return 'OrServerOverloaded';
  if (key !== 'none') return key === 'required' && status === 400 ? 'WithRequiredKey' : 'WithKey';
  return unsafe && status === 400 ? 'WithBody' : '';
}

function phraseOf(status: number): string {
  return (STATUS_CODES[status] ?? String(status)).replaceAll(/\W/g, '');
}
