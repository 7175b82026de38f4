import { besideNameExtension } from '../../validation/field.ts';

/** A parameter of an operation, as far as this file completes it. */
export type Parameter = Record<string, unknown> & { in?: string; schema?: Record<string, unknown> };

/**
 * Completes the parameters of an operation. Their examples become JSON Schema's list of `examples`: Swagger UI sends an
 * `example` with every request that is tried, and a list with all its filters set is empty.
 */
export function completeParameters(parameters: readonly Parameter[]): void {
  for (const parameter of parameters) {
    const beside = parameter[besideNameExtension] as object | undefined;
    Reflect.deleteProperty(parameter, besideNameExtension);
    const { example, ...schema } = { ...parameter.schema, ...beside };
    parameter.schema = example === undefined ? schema : { ...schema, examples: [example] };
  }
}

/** Takes our own extensions out of the members of schemas, where swagger says itself what they are for. */
export function dropExtensions(schemas: Readonly<Record<string, object>>): void {
  for (const { properties = {} } of Object.values(schemas) as { properties?: Record<string, object> }[]) {
    for (const member of Object.values(properties)) Reflect.deleteProperty(member, besideNameExtension);
  }
}
