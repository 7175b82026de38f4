import { validated } from '../validation/validated.ts';
import type { JobType } from './job-handler.ts';
import { ResultInvalid } from './queue-errors.ts';

/** The largest result, in bytes of JSON: what is larger belongs into an artifact. */
const resultMaxBytes = 64 * 1024;

/**
 * A result as JSON, once its class has agreed: whoever reads it was promised that.
 * @throws ResultInvalid
 */
export async function checkedResult(type: Pick<JobType, 'result'>, result: unknown): Promise<string> {
  if (typeof result !== 'object' || result === null) throw new ResultInvalid('it is no object');
  const json = JSON.stringify(result);
  if (Buffer.byteLength(json) > resultMaxBytes) throw new ResultInvalid('it has more than 64 KiB as JSON');
  const { errors } = await validated(type.result, JSON.parse(json));
  const [first] = errors;
  if (first !== undefined) throw new ResultInvalid(`${first.path.join('/')} ${first.detail}`);
  return json;
}
