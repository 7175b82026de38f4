import { validateInput } from '../../validation/validate-input.ts';
import type { JobType } from '../job-handler.ts';
import { InvalidResult } from '../queue-errors.ts';

/** The largest result, in bytes of JSON; an artifact holds larger ones. */
const maxResultBytes = 64 * 1024;

/**
 * Validates a handler's result against the class that the API document describes, and returns it as JSON.
 * @throws InvalidResult
 */
export async function validateResult(type: Pick<JobType, 'result'>, result: unknown): Promise<string> {
  if (typeof result !== 'object' || result === null) throw new InvalidResult('it is not an object');
  const json = JSON.stringify(result);
  if (Buffer.byteLength(json) > maxResultBytes) throw new InvalidResult('it has more than 64 KiB as JSON');
  const { errors } = await validateInput(type.result, JSON.parse(json));
  const [first] = errors;
  if (first !== undefined) throw new InvalidResult(`${first.path.join('/')} ${first.detail}`);
  return json;
}
