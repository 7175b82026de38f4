import { STATUS_CODES } from 'node:http';
import type { ProblemKind } from '../problem/problem-kind.ts';
import { problemName } from './problem-schema.ts';

/** The problems that an operation can answer with one status. */
export interface StatusProblems {
  readonly status: number;
  readonly possible: readonly ProblemKind[];
  /** Those that every operation of its shape can answer; the others are the operation's own. */
  readonly common: ReadonlySet<ProblemKind>;
}

interface NamedShape {
  readonly operationId: string;
  readonly unsafe: boolean;
  readonly key: 'none' | 'taken' | 'required';
}

/**
 * The name of a response in the document. What is common is called by its only kind or by its status (`NotFound`,
 * `BadRequestWithBody`), and one kind of the operation's own is named behind it (`BadRequestOrCursorInvalid`). A response
 * with several of those is called after the operation.
 */
export function responseName(shape: NamedShape, { status, possible, common }: StatusProblems): string {
  const [own, ...others] = possible.filter((kind) => !common.has(kind));
  if (others.length > 0) return ownResponseName(shape, status);
  const [first, ...more] = possible.filter((kind) => common.has(kind));
  const base =
    first === undefined ? '' : more.length === 0 ? problemName(first) : phraseOf(status) + suffixOf(shape, status);
  return [base, own === undefined ? '' : problemName(own)].filter((part) => part !== '').join('Or');
}

/** The name of a response that no other operation has: `DisableUserConflict`. */
export function ownResponseName({ operationId }: Pick<NamedShape, 'operationId'>, status: number): string {
  return operationId.charAt(0).toUpperCase() + operationId.slice(1) + phraseOf(status);
}

/** What makes the common problems of a status more than those of a plain read. */
function suffixOf({ unsafe, key }: NamedShape, status: number): string {
  if (key !== 'none') return key === 'required' && status === 400 ? 'WithRequiredKey' : 'WithKey';
  return unsafe && status === 400 ? 'WithBody' : '';
}

function phraseOf(status: number): string {
  return (STATUS_CODES[status] ?? String(status)).replaceAll(/\W/g, '');
}
