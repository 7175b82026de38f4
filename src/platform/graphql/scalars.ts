import type { ValueNode } from 'graphql';
import { GraphQLError, GraphQLScalarType, valueFromASTUntyped } from 'graphql';
import { forbiddenMembers } from '../http/server/strict-json.ts';
import { isObject } from '../validation/objects.ts';

/** A time as the API writes it: the rules of the field validate it. */
export const DateTime = new GraphQLScalarType<unknown, unknown>({
  name: 'DateTime',
  description: 'A date and time (RFC 3339), in UTC in results.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
});

/** A JSON value of any shape: its consumer validates it. */
export const Json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'A JSON value (RFC 8259).',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  parseValue: (value) => value,
  parseLiteral: (nodes, variables) => jsonOf(valueFromASTUntyped(nodes, variables), nodes),
});

/**
 * The value of a literal as JSON.parse returns it: graphql makes objects without a prototype.
 * @throws GraphQLError for a member name that a body must not contain
 */
function jsonOf(value: unknown, nodes: ValueNode): unknown {
  if (Array.isArray(value)) return value.map((entry) => jsonOf(entry, nodes));
  if (!isObject(value)) return value;
  const members = Object.entries(value);
  const forbidden = members.find(([name]) => forbiddenMembers.has(name));
  if (forbidden !== undefined) throw new GraphQLError(`The member name "${forbidden[0]}" is not allowed.`, { nodes });
  return Object.fromEntries(members.map(([name, member]) => [name, jsonOf(member, nodes)]));
}
