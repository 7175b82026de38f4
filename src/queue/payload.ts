import type { LocatedError } from '../validation/located-errors.ts';
import { validated } from '../validation/validated.ts';
import type { JobHandlerOptions, JobType } from './job-handler.ts';
import { internal } from './job-handler.ts';
import { PayloadInvalid } from './queue-errors.ts';

/** What a type of job has agreed to do, and the JSON that says so. */
export interface Payload<Type extends JobHandlerOptions = JobHandlerOptions> {
  readonly type: Type;
  readonly json: string;
}

/** Either a payload, or everything that is wrong with it. */
export type Checked<Type extends JobHandlerOptions> =
  | { readonly payload: Payload<Type>; readonly mistakes: readonly [] }
  | { readonly payload: undefined; readonly mistakes: readonly LocatedError[] };

/** The largest payload, in bytes of JSON: a job carries ids, not data. */
const maxBytes = 64 * 1024;

/**
 * A payload that the class of its type has agreed to.
 * @throws PayloadInvalid
 */
export async function payloadFor(type: JobHandlerOptions, value: unknown): Promise<Payload> {
  const { payload, mistakes } = await check(type, value);
  if (payload === undefined) throw new PayloadInvalid(mistakes);
  return payload;
}

/** The member `payload` of a request for jobs of this type; `unknown` tells that nobody may ask for such jobs. */
export async function askedPayload(
  type: JobType | undefined,
  value: object,
  unknown: LocatedError,
): Promise<Checked<JobType>> {
  if (type === undefined || type.permission === internal) return wrong([unknown]);
  const { payload, mistakes } = await check(type, value);
  if (payload !== undefined) return { payload, mistakes: [] };
  return wrong(mistakes.map((mistake) => ({ ...mistake, path: ['payload', ...mistake.path] })));
}

async function check<Type extends JobHandlerOptions>(type: Type, value: unknown): Promise<Checked<Type>> {
  const { errors } = await validated(type.payload, value);
  if (errors.length > 0) return wrong(errors);
  const json = JSON.stringify(value);
  if (Buffer.byteLength(json) <= maxBytes) return { payload: { type, json }, mistakes: [] };
  return wrong([{ path: [], code: 'too_large', detail: 'must have at most 64 KiB as JSON' }]);
}

function wrong(mistakes: readonly LocatedError[]): { payload: undefined; mistakes: readonly LocatedError[] } {
  return { payload: undefined, mistakes };
}
