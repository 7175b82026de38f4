import { ApiHeader } from '@nestjs/swagger';
import { fieldValue } from './response-headers.ts';

/** A request header that a handler reads. */
export interface RequestHeader {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  readonly maxLength: number;
  readonly example?: string;
}

/** Documents a request header. */
export function ReadsHeader({ name, required, description, ...limits }: RequestHeader): MethodDecorator {
  return ApiHeader({ name, required, description, schema: { type: 'string', pattern: fieldValue, ...limits } });
}

/** The same as a parameter decorator: documents the header on the handler of the parameter. */
export function describesHeader(header: RequestHeader): ParameterDecorator {
  return (target, method) => {
    const handler = method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method);
    if (method !== undefined && handler !== undefined) ReadsHeader(header)(target, method, handler);
  };
}
