import { namedSchemaSiblings } from '../../validation/field.ts';

/** A parameter of an operation, with the members that this file extends. */
export type Parameter = Record<string, unknown> & { in?: string; schema?: Record<string, unknown> };

/**
 * Completes the parameters of an operation. An `example` becomes the `examples` of JSON Schema: Swagger UI would send every
 * `example`, and a list with all filters set is empty.
 */
export function completeParameters(parameters: readonly Parameter[]): void {
  for (const parameter of parameters) {
    const beside = parameter[namedSchemaSiblings] as object | undefined;
    Reflect.deleteProperty(parameter, namedSchemaSiblings);
    const { example, ...schema } = { ...parameter.schema, ...beside };
    parameter.schema = example === undefined ? schema : { ...schema, examples: [example] };
  }
}

/** Removes internal extensions from the members of schemas. */
export function dropExtensions(schemas: Readonly<Record<string, object>>): void {
  for (const { properties = {} } of Object.values(schemas) as { properties?: Record<string, object> }[]) {
    for (const member of Object.values(properties)) Reflect.deleteProperty(member, namedSchemaSiblings);
  }
}
