import { namedSchemaSiblings } from '../../validation/field.ts';
import { without } from '../../validation/objects.ts';

/** A parameter of an operation, with the members that this file extends. */
export type Parameter = Record<string, unknown> & {
  readonly in?: string;
  readonly schema?: Record<string, unknown>;
  readonly [namedSchemaSiblings]?: object;
};

const internalExtensions: ReadonlySet<string> = new Set([namedSchemaSiblings]);

/**
 * Completes the parameters of an operation. An `example` becomes the `examples` of JSON Schema: Swagger UI would send
 * every `example`, and a list with all filters set is empty.
 */
export function completeParameters(parameters: readonly Parameter[]): Parameter[] {
  return parameters.map(({ [namedSchemaSiblings]: siblings, ...parameter }) => {
    const { example, ...schema } = { ...parameter.schema, ...siblings };
    return { ...parameter, schema: example === undefined ? schema : { ...schema, examples: [example] } };
  });
}

/** Removes internal extensions from the members of schemas. */
export function dropExtensions(schemas: Readonly<Record<string, object>>): void {
  for (const schema of Object.values(schemas) as { properties?: Record<string, Record<string, unknown>> }[]) {
    const members = Object.entries(schema.properties ?? {});
    if (members.length === 0) continue;
    schema.properties = Object.fromEntries(
      members.map(([name, member]) => [name, without(member, internalExtensions)]),
    );
  }
}
