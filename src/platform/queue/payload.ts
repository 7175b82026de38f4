import type { LocatedError } from '../validation/error-pointers.ts';
import { validateInput } from '../validation/validate-input.ts';
import type { JobDeclaration, JobType } from './job-handler.ts';
import { internal } from './job-handler.ts';
import { InvalidPayload } from './queue-errors.ts';

/** A payload that its type's class has validated. */
export interface Payload<Type extends JobDeclaration = JobDeclaration> {
  readonly type: Type;
  readonly json: string;
}

/** Either a payload, or all its errors. */
export type ParsedPayload<Type extends JobDeclaration> =
  | { readonly payload: Payload<Type>; readonly errors: readonly [] }
  | { readonly payload: undefined; readonly errors: readonly LocatedError[] };

/** The largest payload, in bytes of JSON: jobs hold ids, not data. */
const maxBytes = 64 * 1024;
const tooLarge: LocatedError = { path: [], code: 'too_large', detail: 'must have at most 64 KiB as JSON' };

/**
 * Validates a payload by the class of its type.
 * @throws InvalidPayload
 */
export async function parsePayload(type: JobDeclaration, value: unknown): Promise<Payload> {
  const { payload, errors } = await check(type, value);
  if (payload === undefined) throw new InvalidPayload(errors);
  return payload;
}

/**
 * Validates the member `payload` of a request, unless it is undefined. Returns the error `unknown` for an unknown type,
 * and for an internal one, so that a caller cannot distinguish them.
 */
export async function parseRequestedPayload(
  type: JobType | undefined,
  value: object | undefined,
  unknown: LocatedError,
): Promise<ParsedPayload<JobType>> {
  if (type === undefined || type.permission === internal) return invalid([unknown]);
  if (value === undefined) return invalid([]);
  const { payload, errors } = await check(type, value);
  if (payload !== undefined) return { payload, errors: [] };
  return invalid(errors.map((error) => ({ ...error, path: ['payload', ...error.path] })));
}

async function check<Type extends JobDeclaration>(type: Type, value: unknown): Promise<ParsedPayload<Type>> {
  const { errors } = await validateInput(type.payload, value);
  const json = JSON.stringify(value);
  const isTooLarge = Buffer.byteLength(json) > maxBytes;
  if (isTooLarge) return invalid([...errors, tooLarge]);
  return errors.length > 0 ? invalid(errors) : { payload: { type, json }, errors: [] };
}

function invalid(errors: readonly LocatedError[]): { payload: undefined; errors: readonly LocatedError[] } {
  return { payload: undefined, errors };
}
