import { ApiHeader } from '@nestjs/swagger';
import { fieldValue } from './response-headers.ts';

/** A header that a handler reads. */
export interface RequestHeader {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  readonly maxLength: number;
  readonly example?: string;
}

/** Documents a header of requests. */
export function ReadsHeader({ name, required, description, ...limits }: RequestHeader): MethodDecorator {
  return ApiHeader({ name, required, description, schema: { type: 'string', pattern: fieldValue, ...limits } });
}

/** The same, as what a decorator of a handler's parameter does to the handler. */
export function describesHeader(header: RequestHeader): ParameterDecorator {
  return (target, method) => {
    const handler = method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method);
    if (method !== undefined && handler !== undefined) ReadsHeader(header)(target, method, handler);
  };
}
